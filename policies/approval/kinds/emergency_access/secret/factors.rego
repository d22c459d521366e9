package approval.kinds["emergency_access/secret"]

import data.approval.lib.finding
import data.approval.lib.history
import data.approval.lib.instant
import data.approval.lib.resource
import data.approval.lib.risk
import data.approval.lib.settings

# METADATA
# title: Risk factors of the shared rules
factors contains factor if some factor in resource.factors

# METADATA
# title: Recent emergencies of the same person or secret
# description: Repeated break-glass access bypasses the ordinary process.
# custom:
#   controls: [T4, T7]
factors contains finding.factor(
	"repeated_emergency",
	min([times * risk.weight("repeated_emergency", "each"), risk.weight("repeated_emergency", "at_most")]),
	times,
	rego.metadata.rule(),
) if {
	times := count(_recent)
	times > 0
}

# METADATA
# title: The review of an earlier emergency is overdue
# description: >-
#   Of the same person, for the same secret, or of a member of the person's team, who could have reviewed it.
# custom:
#   controls: [T7, AC-2(2), AC-6(7)]
factors contains finding.factor(
	"review_overdue",
	risk.weight("review", "overdue"),
	count(_unreviewed),
	rego.metadata.rule(),
) if {
	count(_unreviewed) > 0
}

_recent := [earlier.case |
	some earlier in history.own
	instant.plus_seconds(instant.parse(earlier.at), settings.kind.limits.repeat_window_seconds) > instant.now_ns
]

_unreviewed := [earlier.case |
	some earlier in history.granted
	earlier.review == null
	review_after_seconds := settings.tier(earlier.tier).review_after_seconds
	instant.plus_seconds(instant.parse(earlier.at), review_after_seconds) < instant.now_ns
]
