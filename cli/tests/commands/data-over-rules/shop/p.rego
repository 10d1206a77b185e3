package shop

default allow := false

allow if input.open
