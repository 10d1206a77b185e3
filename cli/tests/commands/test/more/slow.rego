package more

test_slow if {
	xs := numbers.range(1, 1000)
	count([1 | some a in xs; some b in xs; some c in xs; a + b + c == 1]) == 0
}

test_after if true
