package c

p := 1

p := 2 if input.x

q := 1/input.x
