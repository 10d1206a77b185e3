package acme.names

# METADATA
# entrypoint: true
paths["a/b"].c := 1
