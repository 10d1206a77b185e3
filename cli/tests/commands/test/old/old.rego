package old

test_v0 { data.limits.low == 1 }
