package approval.kinds["onboard/service_account"]

import data.approval.lib.finding
import data.approval.lib.resource
import data.approval.lib.risk
import data.approval.lib.settings

# METADATA
# title: Risk factors of the shared rules
factors contains factor if some factor in (resource.factors | resource.review_factors)

# METADATA
# title: Privileges of the roles
# description: >-
#   The most privileged role counts. A role that the service's data lack weighs as much as the heaviest, and a role
#   that is not known to be ordinary weighs at least as much as the threshold of the tier high.
# custom:
#   controls: [T4, "NHI5:2025"]
factors contains finding.factor("roles", max(weights), sort(_roles), rego.metadata.rule()) if {
	weights := [_weight(role) | some role in _roles]
}

# METADATA
# title: Roles are missing or not a list of names
# description: Denied, and weighs as much as the heaviest role.
# custom:
#   controls: [T4, "NHI5:2025"]
factors contains finding.factor("roles", risk.weight("role", null), null, rego.metadata.rule()) if not _roles

# METADATA
# title: The account ends at an event and not on a day
# custom:
#   controls: [T4, "NHI1:2025"]
factors contains finding.factor(
	"offboarding_trigger",
	risk.weight("offboarding_trigger", _offboarding.trigger),
	_offboarding.trigger,
	rego.metadata.rule(),
) if {
	not _offboarding_on_day
	_offboarding_valid
}

# METADATA
# title: The account ends at an event that the settings do not list
# description: Weighs as much as the heaviest event. The value itself is not repeated.
# custom:
#   controls: [T4, "NHI1:2025"]
factors contains finding.factor(
	"offboarding_trigger",
	risk.weight("offboarding_trigger", null),
	null,
	rego.metadata.rule(),
) if {
	not _offboarding_on_day
	_offboarding.trigger
	not _offboarding_valid
}

_weight(role) := risk.weight("role", _level(role)) if _ordinary(role)

else := max([risk.weight("role", _level_or_null(role)), settings.kind.thresholds.high])

_level_or_null(role) := level if level := _level(role)

else := null
