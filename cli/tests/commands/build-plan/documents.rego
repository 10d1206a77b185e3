# Who may read a document, and which of its fields are hidden from them.
package documents

decision := {"allow": allow, "masked": masked}

default allow := false

allow if is_admin

allow if {
	input.action == "read"
	input.document.owner == input.user.id
}

allow if {
	input.action == "read"
	input.user.id in input.document.shared_with
}

is_admin if "admin" in input.user.roles

# What only administrators see, as far as the document has it.
masked contains field if {
	not is_admin
	some field in {"card_number", "social_security_number"}
	input.document[field]
}
