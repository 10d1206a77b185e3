package imports

import data.a.b
import data["c d"] as cd # renamed
import input as request
import rego.v1
import future.keywords.and

p if x and y
