package a.b
import data.lib.util as u
import input.req

default allow := false
allow if { is_admin; req.path == "x" }
allow if { some r in input.roles; u.ok(r, data.perms[r]) }
is_admin if "admin" in input.user.roles
p[x] := y if { x := input.xs[_]; y := data.t[x].z }
s contains v if { some v in data.vals; not data.bad[v] }
q := [x | x := input.arr[_]; x.foo > data.lim]
e if { every k, v in input.obj { v.n > data.min[k] } }
w if { allow with input.user as data.fake; e with data.min as {"x": 1} }
c := x if { x := data.conf; x.on } else := data.other if { input.alt }
n := 7
deep.x.y[z] := 1 if z := data.zz[_]
alias if { a := input.one; b := a.two; b.three == 3 }
alias2 if { a := input.one.x; a }
unused if { a := input.only }
dyn if { i := input.idx; data.arr[i].q[data.k] == 1 }
walkit if { walk(input.doc, [path, value]); value == data.target }
strs := sprintf("%v %v", [input.s1, data.s2.t])
tmpl := $"hello {input.nm} {data.x.y}"
obj := {"k": input.o1, data.dk: 2}
