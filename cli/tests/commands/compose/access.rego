# What may start in a lattice: components and providers that wasmCloud has signed. After the example policy of wasmCloud's documentation
# (Apache-2.0), in Rego v1.
package wasmcloud.access

default allow := false

# Invocations are not this policy's concern.
allow if input.kind == "performInvocation"

allow if {
	input.kind == "startComponent"
	signed
	issued_by_wasmcloud
}

allow if {
	input.kind == "startProvider"
	signed
	issued_by_wasmcloud
}

signed if input.request.claims != null

issued_by_wasmcloud if {
	input.request.claims.issuer == "ACOJJN6WUP4ODD75XEBKKTCCUJJCY5ZKQ56XVKYK4BEJWGVAOOQHZMCW"
}

# The same with a reason: what a host's log shows for a denial.
decision := {"permitted": true, "message": null} if allow

decision := {"permitted": false, "message": message} if {
	not allow
	message := concat(", ", reasons)
}

reasons contains "not signed" if {
	input.request.claims == null
}

reasons contains sprintf("signed by %s, who is not trusted", [input.request.claims.issuer]) if {
	input.request.claims != null
	not issued_by_wasmcloud
}

reasons contains sprintf("unknown kind %v", [input.kind]) if {
	not input.kind in {"startComponent", "startProvider", "performInvocation"}
}
