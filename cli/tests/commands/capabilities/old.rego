package old

import future.keywords.if
import future.keywords.in

p if 1 in input.xs
