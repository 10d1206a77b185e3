package c

test_s if "x" in s

test_q if data.a.sub.q[1]
