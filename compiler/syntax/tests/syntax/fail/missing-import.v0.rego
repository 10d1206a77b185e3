package missing

p if { true }

q contains 1
