package p_test

import data.p

test_pass if {
	print("in pass")
	p.allow with input as {"user": "bob", "roles": [1,2,3]}
}

test_fail if {
	x := 1
	y := {"a": [1,2]}
	print("before", x)
	p.f(x) == y.a[0]
}

test_allow if {
	p.allow with input as {"user": "alice", "roles": [1,2,3]}
}

test_every if {
	every i in [1,2,3] {
		i < 3
	}
}

test_cases[name] if {
	some name, tc in {"one": {"in": 1, "out": 2}, "two": {"in": 2, "out": 4}}
	p.f(tc.in) == tc.out
}

test_not if {
	not p.allow with input as {"user": "bob", "roles": [1,2,3]}
}

test_err if {
	print("eh")
	x := {a | a := [1,2][_]}
	z := sum(x)
	z == 4
}

test_parts if {
	case := {"in": [1], "out": 2}
	startswith("a", sprintf("%v", [case.out]))
}

test_rows if {
	p.f(1) == [
		p.f(2),
		p.f(3),
	][1]
}

test_in_one_row if { some i, j; [[1, 2], [3]][i][j] > 7 }

test_else if { false } else if { p.f(1) == 3 }

test_missing if {
	x := input.foo
	x == 1
}

test_nothing := false
