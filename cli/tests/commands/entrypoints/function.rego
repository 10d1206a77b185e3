package acme.functions

# METADATA
# entrypoint: true
twice(x) := x * 2
