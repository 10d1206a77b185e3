package clock

now := time.now_ns()

shown if {
	some unit in ["hours", "minutes"]
	print("it is", now, unit, input.place)
	unit == "minutes"
}
