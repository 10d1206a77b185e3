package heads

f(x).a.b := 1 if { true }

g(x).c contains 1
