package c

f() := input.user

f() := input.xs

p := f()
