package p

import data.o

default fallback() := "none"

fallback() := input.name

user() := input.user if input.user else := input.name

rule := input.xs

first := rule()[0]

called := user()

captured := x if user(x)

mapped := [[x] | some x in rule()]

members contains x if some x in rule()

none if not o.missing()

other := o.owner()

mocked := y if y := user() with input.user as "carol"

replaced := [y, z] if {
	y := user() with user as "dan"
	z := user with user as "dan"
}

stands_for := y if y := count([1]) with count as rule

by_function := y if y := user() with user as twice

twice(x) := [x, x]

hidden := fallback()
