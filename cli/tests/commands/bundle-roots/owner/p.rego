package a

default allow := false

allow if data.a.extra
