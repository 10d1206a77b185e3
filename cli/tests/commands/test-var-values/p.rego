package p

import data.q

allow if {
	print("checking", input.user, data.nope)
	input.user == "bob"
	count(input.roles) > 2
}

f(x) := y if {
	y := x + 1
}
