package b
p if {
  x
}
q = 
