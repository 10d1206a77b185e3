package several

p { true }

f(x) { x }

if := 1

q[x] { x := 1 }

3
