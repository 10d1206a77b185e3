package a
p { input.x }
f = 1
