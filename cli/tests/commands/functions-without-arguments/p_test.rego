package p_test

import data.p

test_user if p.user() == "x" with input as {"user": "x"}

test_fallback if p.fallback() == "none"
