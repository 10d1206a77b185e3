package old

import future.keywords.in

a.b[c] { c := input.x[_]; c in [1, 2]; not c == 3 }
