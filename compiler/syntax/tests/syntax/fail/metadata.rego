package metadata

# METADATA
# scope: package
p := 1

# METADATA
# entrypoint: true
# scope: rule
q := 1
