package v

f() = x { x := input.user }

g = x { x := f() }

h { f() == "alice" }
