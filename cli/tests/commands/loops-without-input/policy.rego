package loops

allow := "permitted" if {
	some k in ["a", "b", "c", "d"]
	count([x | some i in numbers.range(1, 9000); x := sprintf("%d-%s", [i, k])]) == 7
}

else := upper("denied: nothing was found")
