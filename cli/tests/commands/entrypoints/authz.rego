# METADATA
# entrypoint: true
package acme.authz

# METADATA
# title: Whether a request is allowed
# entrypoint: true
allow if input.user == "alice"

# METADATA
# scope: document
# entrypoint: true
default level := 0

level := 1 if allow

roles[user] contains "reader" if user := input.user

is_alice(user) if user == "alice"

limits := {"reads": 3}

enabled := true

given := input.given
