package p

default allow := false

allow if input.user == "ann"

level := 1 if input.a
level := 2 if input.b

f(x) := y if {
	x > 1
	y := x + 1
}

items contains x if {
	some x in input.items
	x > 2
}
