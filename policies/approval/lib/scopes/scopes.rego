# METADATA
# title: Scopes
# description: >-
#   What the credential is to be good for, as context.scopes says: a list like ["orders:read"]. The word after the last
#   colon says how far a scope reaches. Scopes are part of what is asked for: who grants it is bound to the very list
#   that was weighed.
# custom:
#   owner: security-engineering
#   asks:
#     context.scopes: What the credential is to be good for, 1 to 100 names like `orders:read`.
package approval.lib.scopes

import data.approval.lib.finding
import data.approval.lib.risk

# METADATA
# title: Requested scopes
# description: >-
#   Undefined unless context.scopes is a list of 1 to 100 names. Whatever else a name could hold (a blank, a comma, a
#   wildcard) might be two scopes or many to the one who grants it, and is one here. They are counted before they are
#   read, so that a long list costs nothing.
# custom:
#   owner: security-engineering
#   controls: []
requested := {scope | some scope in listed} if {
	listed := input.request.context.scopes
	is_array(listed)
	count(listed) > 0
	count(listed) <= 100
	every scope in listed {
		is_string(scope)
		trim(scope, _characters) == "" # Nothing is left: it has no other characters.
		every word in split(scope, ":") {
			word != ""
		}
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
# title: No scopes are stated
# description: A credential without named scopes is a credential for everything.
# custom:
#   owner: security-engineering
#   controls: ["NHI5:2025", AC-6]
denials contains finding.denial("scopes_missing", rego.metadata.rule()) if not stated

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
# title: Scopes are missing or no list of names
# description: That is denied, and weighs as much as the heaviest scope, so that it never looks like little risk.
# custom:
#   owner: security-engineering
#   controls: [T4, "NHI5:2025"]
factors contains finding.factor("scopes", risk.weight("scopes", null), null, rego.metadata.rule()) if not requested

# METADATA
# title: The credential is good for these scopes and no others
# custom:
#   owner: security-engineering
#   controls: ["NHI5:2025", AC-6]
obligations contains finding.obligation("limit_scopes", {"scopes": sort(requested)}, rego.metadata.rule())

# What names are made of, and the colon between them. A regular expression would be compiled at every evaluation.
_characters := "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-:"

_reach(scope) := parts[count(parts) - 1] if parts := split(scope, ":")
