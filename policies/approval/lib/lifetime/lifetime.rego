# METADATA
# title: Lifetime
# description: >-
#   How long the requested access may last. The request may ask for less than its tier permits, never for more. Where
#   a long lifetime raises the risk, it has to be requested: without ttl_seconds the access gets a lifetime that is
#   not long.
# custom:
#   inputs:
#     context.ttl_seconds: The lifetime in seconds, if it should be shorter than the tier permits.
package approval.lib.lifetime

import data.approval.lib.finding
import data.approval.lib.request
import data.approval.lib.risk
import data.approval.lib.settings

# METADATA
# title: Requested lifetime
# description: context.ttl_seconds, where it is a whole number of seconds above zero.
requested := seconds if {
	seconds := input.request.context.ttl_seconds
	is_number(seconds)
	seconds > 0
	floor(seconds) == seconds
}

# METADATA
# title: Lifetime is stated
# description: Whatever the value.
stated if request.states("ttl_seconds")

# METADATA
# title: ttl_seconds is not a whole number of seconds above zero
# custom:
#   controls: ["NHI7:2025", T3]
denials contains finding.denial("ttl_invalid", rego.metadata.rule()) if {
	stated
	not requested
}

# METADATA
# title: The requested lifetime is long
# description: For the kinds whose settings say how long that is.
# custom:
#   controls: [T4, "NHI7:2025"]
factors contains finding.factor("lifetime", risk.weight("lifetime", "long"), requested, rego.metadata.rule()) if {
	requested > settings.kind.limits.long_lifetime_seconds
}

# METADATA
# title: Lifetimes of a tier
# description: >-
#   at_most: further lengths in seconds that what is asked for must not outlive, if any. What the settings lack stays
#   out: the engine refuses what has no lifetime, and has a length of its own for an open case.
limits(tier, at_most) := {name: seconds |
	some name in ["max_ttl_seconds", "approval_ttl_seconds", "review_after_seconds", "case_ttl_seconds"]
	seconds := _capped(name, _set(name, tier), at_most)
}

# METADATA
# title: Requested lifetime in all forms
# description: >-
#   further: requested lengths in seconds other than ttl_seconds, such as the time until a requested end. The
#   shortest counts. It grants nothing: the engine uses it to say by how much the policy shortened the lifetime.
#   Empty where the request gives no lifetime.
asked(further) := {"requested_ttl_seconds": max([0, min([shortest, _longest_seconds])])} if {
	shortest := min(further | _requested)
}

else := {}

# METADATA
# title: Controls of a lifetime
# description: Access ends by itself and is reviewed.
# custom:
#   controls: [T3, "NHI1:2025", "NHI7:2025", AC-6(7)]
controls contains control if some control in rego.metadata.rule().custom.controls

# Of the tier; how long a case stays open may be set for the whole kind instead.
_set(name, tier) := seconds if seconds := settings.tier(tier)[name]

else := settings.kind.case_ttl_seconds if name == "case_ttl_seconds"

_capped(name, seconds, at_most) := max([0, min((({seconds} | at_most) | _wanted))]) if name == "max_ttl_seconds"

else := seconds

_wanted contains requested

_wanted contains settings.kind.limits.long_lifetime_seconds if not requested

_requested contains requested

# A hundred years, beyond which the engine counts no lifetime.
_longest_seconds := 3155760000
