package p

allow if input.x
