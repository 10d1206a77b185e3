package lib.util
ok(r, p) if { p[_] == r; data.lib.flags.on; input.strict }
unrelated := data.nowhere
