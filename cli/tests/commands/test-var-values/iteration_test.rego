package iteration_test

xs := [1, 2, 3]

users := {"a": {"n": 1}, "b": {"n": 2}}

test_some if {
	some x in xs
	x > 5
}

test_key if {
	some i, x in xs
	y := x * 2
	y == i + 100
}

test_in if {
	y := 7
	y in xs
}

test_in_constants if {
	5 in [1, 2]
}

test_not_in if {
	y := 2
	not y in xs
}

test_key_in if {
	k := 0
	v := 5
	k, v in xs
}

test_index if {
	x := xs[i]
	x == 10
	i > 0
}

test_nothing_to_iterate if {
	some x in []
	x == 1
}

test_nested if {
	some x in xs
	some y in xs
	x + y == 100
}

test_reference if {
	users[u].n == 5
}

test_in_every if {
	every x in xs {
		y := x + 1
		y in [2, 3]
	}
}

test_object if {
	some k, v in users
	v.n in [7, 8]
}

test_wildcard if {
	xs[_] == 9
}

test_after if {
	some x in xs
	x == 2
	z := x + 1
	z == 9
}
