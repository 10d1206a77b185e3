package c
r if input.x
s contains 1 if true
