package bodies

p if {
	x := 1; y = 2
	some a, b
	some k, v in input.map
	some w in [1, 2]
	every i in [1] { i > 0 }
	every key, value in input.map {
		key != value
	} with input.map as {}
	not q with input.user as "x" with data.roles as ["r"]
	"a" in {"a"}
	1, "b" in ["a", "b"]
	count([1 | true]) == 1
	f(x, _)[_].name[y]
	0 > -x; y < - 5
	_ = {z | z := y}
	{"k": w | true}.k
	input["a-b"].default.with
}
