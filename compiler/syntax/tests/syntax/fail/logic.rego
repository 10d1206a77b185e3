package logic

import rego.v2

p if {1, 2} and x
