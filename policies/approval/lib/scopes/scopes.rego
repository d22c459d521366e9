# METADATA
# title: Scopes
# description: >-
#   What the credential is to be good for, as context.scopes says: a list like ["orders:read"]. The word after the last
#   colon says how far a scope reaches. It is an assertion, so it may raise the risk and never lower it.
# custom:
#   owner: security-engineering
package approval.lib.scopes

import data.approval.lib.finding
import data.approval.lib.risk

# METADATA
# title: Requested scopes
# description: Undefined unless context.scopes is a list of at least one text, without an empty one.
# custom:
#   owner: security-engineering
#   controls: []
requested := {scope | some scope in listed} if {
	listed := input.request.context.scopes
	is_array(listed)
	count(listed) > 0
	every scope in listed {
		is_string(scope)
		trim_space(scope) != ""
	}
}

# METADATA
# title: Scopes are stated
# description: Whatever the value.
# custom:
#   owner: security-engineering
#   controls: []
stated if "scopes" in object.keys(input.request.context)

# METADATA
# title: Scopes are not a list of names
# custom:
#   owner: security-engineering
#   controls: ["NHI5:2025", AC-6]
denials contains finding.denial("scopes_invalid", rego.metadata.rule()) if {
	stated
	not requested
}

# METADATA
# title: Breadth of the scopes
# description: The widest scope counts.
# custom:
#   owner: security-engineering
#   controls: [T4, "NHI5:2025"]
factors contains finding.factor("scopes", max(weights), sort(requested), rego.metadata.rule()) if {
	weights := [risk.weight("scopes", _reach(scope)) | some scope in requested]
}

# METADATA
# title: No scopes are stated
# description: That has a weight of its own, so that silence buys nothing.
# custom:
#   owner: security-engineering
#   controls: [T4, "NHI5:2025"]
factors contains finding.factor("scopes", risk.weight("scopes", "unstated"), "unstated", rego.metadata.rule()) if {
	not requested
}

_reach(scope) := parts[count(parts) - 1] if parts := split(scope, ":")
