package b
import rego.v1
p if { y == 1 }
