package c

one() := 1

p := one()
