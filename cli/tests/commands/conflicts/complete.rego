package c

level := "low" if input.a

level := "middle" if input.b

level := "high" if input.c

same := 1 if input.a

same := 1 if input.b

same := 2 if input.c

chained := 1 if {
	input.x
} else := 2

chained := 3 if input.b

failing := 1

failing := 2

failing := 1 / input.zero

failing := 4

dependent := level

dependent := "other"

default defaulted := 0

defaulted := x if some x in input.xs

defaulted := [input.b, x] if {
	some x in input.xs
}

long := concat("  ", input.words)

long := {"k": [1, 2.50, null], "s": {3, 1}, "e": set()}

long := "zwölf\tBoxkämpfer \"jagen\""

once := x if some x in [1, 2]

many := [a, b] if {
	some a in numbers.range(1, 200)
	some b in numbers.range(1, 200)
}

indexed := 1 if input.kind == "a"

indexed := 2 if input.kind == "b"

indexed := 3 if input.kind == "a"

indexed := 4 if input.kind == "c"

f(x) := 1 if x > 0

f(x) := 2 if x > 1

f(x) := 3 if x > 2

g(_) := x if some x in [1, 2]

under := x if x := level with input as {"a": true, "c": true}

counted := count(input.xs)

counted := 7

replaced := x if x := counted with count as 6
