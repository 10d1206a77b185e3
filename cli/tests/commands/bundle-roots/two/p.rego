package y

p := 1
