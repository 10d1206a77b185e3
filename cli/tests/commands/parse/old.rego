package old

p[x] { x := -1 }
