# METADATA
# title: The package
# description: |
#   Two
#   lines
# scope: subpackages
# authors:
# - Ann Onym <ann@example.com>
# - name: Bob
package metadata

# METADATA
# entrypoint: true
# custom:
#   severity: 3
#   since: 2024-01-31
#   quoted: "2024-02-01"
# schemas:
# - input: schema.request
# - data.x: {type: object}
p := 1

# not metadata

# METADATA
# related_resources:
# - https://example.com
# - {ref: https://example.org, description: more}
# organizations: [one, two]
q if true
