package endless

p if {
	some a, b in numbers.range(1, 100000)
	some c in numbers.range(1, 100000)
	a + b + c < 0
}
