package a.sub
q[x] { x := 1 }
