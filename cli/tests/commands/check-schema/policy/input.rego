package input_types

misspelled if input.usr == "x"

number if input.user == 1

deep if input.req.deep.z

choice if input.one.b

merged if input.all.z

tree if input.tree.kids[0].kids[1].v == "x"

fine if {
	startswith(input.user, "a")
	input.any.thing.goes
}
