package approval.kinds["onboard/service_account"]

import data.approval.lib.calendar
import data.approval.lib.finding
import data.approval.lib.instant
import data.approval.lib.lifetime
import data.approval.lib.names
import data.approval.lib.ownership
import data.approval.lib.person
import data.approval.lib.resource
import data.approval.lib.settings

# METADATA
# title: Denials of the shared rules
denials contains denial if {
	some denial in union({person.denials, ownership.denials, resource.denials, lifetime.denials})
}

# METADATA
# title: roles is not a list of 1 to 100 names, each of at most 200 letters, digits, ".", "_", "-" and single colons
# description: An account without named roles is one for everything.
# custom:
#   controls: ["NHI5:2025", AC-6]
denials contains finding.denial("roles_missing", rego.metadata.rule()) if not _roles

# METADATA
# title: Accounts of the service may not have one of the roles
# custom:
#   controls: ["NHI5:2025", AC-6]
denials contains finding.denial("role_not_permitted", rego.metadata.rule()) if {
	resource.known
	some role in _roles
	not _role_permitted(role)
}

# METADATA
# title: The request does not say after how many days the credential is rotated (rotation_days)
# custom:
#   controls: ["NHI7:2025", IA-5]
denials contains finding.denial("rotation_missing", rego.metadata.rule()) if not _rotation_planned

# METADATA
# title: The credential is rotated too rarely for its roles (rotation_days)
# custom:
#   controls: ["NHI7:2025", IA-5]
denials contains finding.denial("rotation_too_rare", rego.metadata.rule()) if {
	_rotation_planned
	resource.known
	not _rotation_often_enough
}

# METADATA
# title: The request does not say on which day or at which event the account ends (offboarding)
# custom:
#   controls: ["NHI1:2025", AC-2]
denials contains finding.denial("offboarding_missing", rego.metadata.rule()) if not _offboarding_stated

# METADATA
# title: offboarding is neither a day in the future (YYYY-MM-DD) nor an event that the settings list
# custom:
#   controls: ["NHI1:2025", AC-2]
denials contains finding.denial("offboarding_invalid", rego.metadata.rule()) if {
	_offboarding_stated
	not _offboarding_valid
}

# METADATA
# title: offboarding is a day later than the policy permits
# description: A last day in ten years is no plan, and would weigh less than an event.
# custom:
#   controls: ["NHI1:2025", AC-2]
denials contains finding.denial("offboarding_too_late", rego.metadata.rule()) if {
	_offboarding_valid
	_offboarding_on_day
	not _offboarding_before_long
}

_roles := names.of(input.request.context.roles)

# Which roles accounts of the service may have, and whether they are privileged.
_level(role) := data.organisation.services[resource.service].account_roles[role]

_role_permitted(role) if _level(role)

# What is not known to be ordinary is privileged.
_privileged if {
	some role in _roles
	not _ordinary(role)
}

_ordinary(role) if _level(role) == "ordinary"

_rotation_days := days if {
	days := input.request.context.rotation_days
	is_number(days)
	days > 0
	floor(days) == days
}

_rotation_planned if _rotation_days

_rotation_often_enough if {
	not _privileged
	_rotation_days <= settings.kind.limits.maximum_rotation_days
}

_rotation_often_enough if _rotation_days <= settings.kind.limits.maximum_privileged_rotation_days

_offboarding := input.request.context.offboarding if is_object(input.request.context.offboarding)

_offboarding_stated if {
	some member in ["date", "trigger"]
	member in object.keys(_offboarding)
}

_offboarding_valid if {
	every member, value in _offboarding {
		_ends(member, value)
	}
}

_ends("date", value) if calendar.day(value) > time.date([instant.now_ns, "UTC"])

_ends("trigger", value) if value in object.keys(settings.kind.weights.offboarding_trigger)

_ends_ns := calendar.end_ns(_offboarding.date)

_offboarding_on_day if "date" in object.keys(_offboarding)

_offboarding_before_long if {
	instant.seconds_until(_ends_ns) <= settings.kind.limits.maximum_offboarding_days * 86400
}
