# Tests of the policy, run by `warrego test examples/documents/policy examples/documents/tests`. Rules whose names begin with test_ have to be true.
package documents_test

import data.documents

letter := {"owner": "ada", "shared_with": ["grace"], "card_number": "4000-0000-0000-0002"}

test_owner_reads if {
	documents.allow with input as {"action": "read", "user": {"id": "ada", "roles": []}, "document": letter}
}

test_owner_does_not_delete if {
	not documents.allow with input as {"action": "delete", "user": {"id": "ada", "roles": []}, "document": letter}
}

# A table: each case has a name and is counted by itself.
test_masked[case.note] if {
	some case in [
		{"note": "administrator", "roles": ["admin"], "masked": set()},
		{"note": "reader", "roles": [], "masked": {"card_number"}},
	]
	masked := documents.masked with input as {"action": "read", "user": {"id": "grace", "roles": case.roles}, "document": letter}
	masked == case.masked
}
