package z

p := 1
