package fails

test_no if 1 == 2
