# Which modules a Waxosuit host may load. The host asks with the module's token and wants `{"allow": bool, "cause": [string]}`; the token's signature
# has been checked by the host before.
package system

main := {"allow": allow, "cause": cause}

default allow := false

allow if count(cause) == 0

cause contains "token cannot be read" if not claims

cause contains "issuer not valid" if {
	claims
	not claims.iss in trusted
}

cause contains "module may not use the network" if {
	some capability in claims.wascap.caps
	capability == "wascc:http_client"
}

claims := payload if [_, payload, _] := io.jwt.decode(input.token)

trusted := {"ACOJJN6WUP4ODD75XEBKKTCCUJJCY5ZKQ56XVKYK4BEJWGVAOOQHZMCW"}
