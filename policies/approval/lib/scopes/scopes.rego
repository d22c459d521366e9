# METADATA
# title: Scopes
# description: >-
#   What the credential is to be good for, as context.scopes says: a list like ["orders:read"]. The word after the last
#   colon says how far a scope reaches. Scopes are part of what is asked for: who grants it is bound to the very list
#   that was weighed.
# custom:
#   inputs:
#     context.scopes: The scopes of the credential, 1 to 100 names such as `orders:read`.
package approval.lib.scopes

import data.approval.lib.finding
import data.approval.lib.names
import data.approval.lib.request
import data.approval.lib.risk

# METADATA
# title: Requested scopes
# description: Undefined unless context.scopes is a list of 1 to 100 names.
requested := names.of(input.request.context.scopes)

# METADATA
# title: Scopes are stated
# description: Whatever the value.
stated if request.states("scopes")

# METADATA
# title: The request does not say which scopes the credential needs (scopes)
# description: A credential without named scopes is a credential for everything.
# custom:
#   controls: ["NHI5:2025", AC-6]
denials contains finding.denial("scopes_missing", rego.metadata.rule()) if not stated

# METADATA
# title: scopes is not a list of 1 to 100 names, each of at most 200 letters, digits, ".", "_", "-" and single colons
# custom:
#   controls: ["NHI5:2025", AC-6]
denials contains finding.denial("scopes_invalid", rego.metadata.rule()) if {
	stated
	not requested
}

# METADATA
# title: Breadth of the scopes
# description: The widest scope counts.
# custom:
#   controls: [T4, "NHI5:2025"]
factors contains finding.factor("scopes", max(weights), sort(requested), rego.metadata.rule()) if {
	weights := [risk.weight("scopes", _reach(scope)) | some scope in requested]
}

# METADATA
# title: Scopes are missing or not a list of names
# description: Denied, and weighs as much as the heaviest scope.
# custom:
#   controls: [T4, "NHI5:2025"]
factors contains finding.factor("scopes", risk.weight("scopes", null), null, rego.metadata.rule()) if not requested

# METADATA
# title: The credential is good for these scopes and no others
# custom:
#   controls: ["NHI5:2025", AC-6]
obligations contains finding.obligation("limit_scopes", {"scopes": sort(requested)}, rego.metadata.rule())

_reach(scope) := parts[count(parts) - 1] if parts := split(scope, ":")
