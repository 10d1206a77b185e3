package defaults

default p := input.x
