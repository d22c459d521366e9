package approval.kinds["onboard/service_account"]

import data.approval.lib.finding
import data.approval.lib.resource
import data.approval.lib.risk
import data.approval.lib.settings

# METADATA
# title: What weighs on every credential of a service
factors contains factor if some factor in (resource.factors | resource.review_factors)

# METADATA
# title: Privileges of the roles
# description: >-
#   The most privileged role counts. One that the service's data do not have weighs as much as any, and one that is not
#   known to be ordinary no less than the tier high asks for, whatever the table says.
# custom:
#   controls: [T4, "NHI5:2025"]
factors contains finding.factor("roles", max(weights), sort(_roles), rego.metadata.rule()) if {
	weights := [_weight(role) | some role in _roles]
}

# METADATA
# title: Roles are missing or no list of names
# description: That is denied, and weighs as much as the heaviest role, so that it never looks like little risk.
# custom:
#   controls: [T4, "NHI5:2025"]
factors contains finding.factor("roles", risk.weight("role", null), null, rego.metadata.rule()) if not _roles

# METADATA
# title: The account ends at an event and on no day
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
# title: The account ends at an event that settings do not know
# description: It weighs as much as any, and is not repeated, whatever it holds.
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
