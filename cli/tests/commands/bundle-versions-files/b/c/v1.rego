package c
r if input.x
s contains "x" if true
