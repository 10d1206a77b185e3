package logic

import rego.v2

p if a and b or c

q if {
	not { a; b }
	{ a; b } or not c
	(a or b) and (c with input as 1) with data.x as 2
	not (a and b)
}
