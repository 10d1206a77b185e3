package shop.carts["big one"]

default allow := false

default price(_) := 1

allow if input.admin

limits.daily[user] := 3 if user := input.users[_]

names contains name if some name in input.names

wanted contains "all"

tax(amount, _) := amount * 0.19

is_even(n) if n % 2 == 0

total := 12.50

flags.a.b.c := {}

grade := "good" if {
	input.points > 8
} else := "fair" if input.points > 5
else := "poor"
