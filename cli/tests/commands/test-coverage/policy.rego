package cov

import data.other

default allow := false

allow if {
	input.user == "ann"
	some x in input.items
	x > 2
}

allow if input.admin

f(x) := y if {
	y := x + 1
} else := 3 if {
	x == 1
	true
}

big contains x if {
	every y in [1, 2] {
		y > 0
	}
	some x in [1,
		2,
		3]
	count([z | z := 1; z > 0]) > 0
}

unused := {
	"a": 1,
	"b": [v | v := 1],
}

test_one if {
	allow with input as {"user": "ann", "items": [1, 3]}
	f(1) == 2
	big == {1, 2, 3}
}
