package metadata

# METADATA
# title: a
#   b: c
p := 1

# METADATA
# organizations: one
q := 1
