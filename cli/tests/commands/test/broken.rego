package broken

test_unsafe if y
