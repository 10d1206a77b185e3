# METADATA
# title: access
package access

import data.roles as r

# who may
allow if {
	some role in r[input.user]
	not role in {"guest", "b", "b"}
}

deny contains "late" if input.hour > 20
