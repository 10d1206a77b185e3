# METADATA
# title: The package
# description: |
#  A package of
#  policies.
# authors:
# - name: Jane
#   email: j@example.com
# organizations:
# - ACME
# related_resources:
# - ref: https://example.com/a
#   description: a text
# - https://example.com/b
# schemas:
# - input: schema.input
# custom:
#  k: [1, 2]
# scope: package
package p.q

# METADATA
# description: allows
# entrypoint: true
# custom:
#   severity: 3
allow if input.x == 1

# METADATA
# title: r
# scope: document
# schemas:
# - input.foo: {type: string}
r contains x if some x in [1,2]

f(x) := count(x)
