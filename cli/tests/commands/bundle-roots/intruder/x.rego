package a

extra := true
