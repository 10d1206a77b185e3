package shop_test

test_allow if data.shop.allow with data.shop.allow as true

test_replaced if data.shop.allow with data.shop as {"allow": true}
