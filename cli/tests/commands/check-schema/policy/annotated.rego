# METADATA
# scope: package
# schemas:
# - input: schema.input
package annotated

p if input.usr

# METADATA
# schemas:
# - input.extra: schema.sub.user
q if {
	input.extra.nam
	input.user
}

# METADATA
# schemas:
# - data.ext: schema.data
r if data.ext.zz

# METADATA
# schemas:
# - input: {type: object, properties: {w: {type: string}}}
s if input.w == 1

# METADATA
# schemas:
# - input: schema.nope
t if input.x
