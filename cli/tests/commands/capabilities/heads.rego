package heads

a.b[x].c { x := 1 }
