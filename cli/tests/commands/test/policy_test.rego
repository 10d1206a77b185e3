package p_test

import data.p

test_allow if p.allow with input as {"user": "ann"}

test_deny if {
	print("checking", input, p.allow)
	p.allow with input as {"user": "bob"}
}

test_conflict if {
	p.level == 1 with input as {"a": 1, "b": 2}
}

todo_test_later if {
	false
}

test_dup if true

test_dup if false

test_cases[tc.note] if {
	some tc in [
		{"note": "one", "a": 1, "exp": 2},
		{"note": "two", "a": 2, "exp": 3},
		{"note": "three", "a": 3, "exp": 5},
	]
	act := p.f(tc.a)
	act == tc.exp
}

test_nested[a][b] if {
	some a, v in {"x": {"p": 1, "q": 2}, "y": {"p": 1}}
	some b, w in v
	w == 1
}

test_value := 3

test_string := "x"

test_false := false

test_object := {"a": true, "b": false}

test_set contains x if some x in [1, 2]

test_items if {
	x := p.items with input as {"items": [1, 2, 3]}
	x == {3, 4}
}

test_ground.a if true

test_ground.b if false

test_f(x) if x

default test_def := false

test_def if true

test_empty[x] if {
	some x in []
}

test_div if {
	1 / 0 == 1
}
