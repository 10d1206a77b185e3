package c

level := "none" if input.b
