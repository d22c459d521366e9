# METADATA
# title: Change window
# description: >-
#   When what runs in an environment may be changed: in the windows that the owning team keeps for it
#   (data.organisation.change_windows), and outside of freezes (data.organisation.change_freezes). Both are read by the
#   wall clock of a time zone. So in the night in which clocks go forward a window is an hour shorter, in the night in
#   which they go back an hour longer, and it begins and ends when people there say it does.
package approval.lib.change_window

import data.approval.lib.calendar
import data.approval.lib.finding
import data.approval.lib.instant
import data.approval.lib.requirements
import data.approval.lib.resource
import data.approval.lib.risk

# METADATA
# title: Inside a window
# description: Without a window that is known to be open it is outside, so that missing data open none.
inside if {
	some window in _team.environments[resource.environment]
	_open(window)
}

# METADATA
# title: Names of the freezes in force
# description: A freeze whose days or zone cannot be read is in force.
freezes contains name if {
	some name, freeze in data.organisation.change_freezes
	_covers(freeze)
	not _over(freeze)
}

# METADATA
# title: A change freeze is in force, and the data name nobody who can lift it
# custom:
#   controls: [AC-24, PR.AA-05]
denials contains finding.denial("change_freeze", rego.metadata.rule()) if {
	some name in freezes
	not _can_be_lifted(name)
}

# METADATA
# title: The change is outside of the change window
# custom:
#   controls: [T4]
factors contains finding.factor(
	"change_window",
	risk.weight("change_window", "outside"),
	"outside",
	rego.metadata.rule(),
) if {
	not inside
}

# METADATA
# title: A freeze is in force
# custom:
#   controls: [T4]
factors contains finding.factor(
	"change_freeze",
	risk.weight("change_freeze", "in_force"),
	sort(freezes),
	rego.metadata.rule(),
) if {
	count(freezes) > 0
}

# METADATA
# title: The change is made while the window is open
# description: What is allowed now may be good for longer than that. Outside of the window change management says when.
# custom:
#   controls: [PR.AA-05]
obligations contains finding.obligation("keep_to_change_window", properties, rego.metadata.rule()) if {
	inside
	properties := {"zone": _team.zone, "windows": _team.environments[resource.environment]}
}

# METADATA
# title: Further approvals outside of a window and in a freeze
# description: Outside of the window those of the settings, in a freeze one of those that the freeze names.
# scope: document
required contains requirements.further("outside_change_window") if not inside

required contains requirement if {
	some name in freezes
	_can_be_lifted(name)
	requirement := requirements.resolved({
		"id": concat(":", ["freeze", name]),
		"any_of": data.organisation.change_freezes[name].unless_approved_by,
		"count": 1,
		"code": "freeze_exception",
		"min_assurance": "authenticated",
	})
}

# METADATA
# title: Facts of windows and freezes
# scope: document
facts contains finding.fact(
	"change_window",
	["organisation.change_windows", resource.owner, concat(".", ["environments", resource.environment])],
) if {
	_team.environments[resource.environment]
}

facts contains finding.fact("time_zone", ["organisation.change_windows", resource.owner, "zone"]) if _team.zone

facts contains finding.fact("change_freeze", ["organisation.change_freezes", name]) if {
	some name in freezes
}

_team := data.organisation.change_windows[resource.owner]

_weekday := time.weekday([instant.now_ns, _team.zone])

_clock := [hour, minute] if [hour, minute, _] := time.clock([instant.now_ns, _team.zone])

# From some time of a day until another of the same day.
_open(window) if {
	_weekday in window.days
	_clock >= calendar.clock(window.from)
	_clock < calendar.clock(window.until)
}

# Over midnight: the evening of the day that is listed, and the morning of the next.
_open(window) if {
	_over_midnight(window)
	_weekday in window.days
	_clock >= calendar.clock(window.from)
}

_open(window) if {
	_over_midnight(window)
	_day_before[_weekday] in window.days
	_clock < calendar.clock(window.until)
}

_over_midnight(window) if calendar.clock(window.until) <= calendar.clock(window.from)

# By name and not by subtracting 24 hours: days on which the clocks change are shorter or longer.
_day_before := {
	"Monday": "Sunday",
	"Tuesday": "Monday",
	"Wednesday": "Tuesday",
	"Thursday": "Wednesday",
	"Friday": "Thursday",
	"Saturday": "Friday",
	"Sunday": "Saturday",
}

_covers(freeze) if {
	resource.environment in freeze.environments
	not freeze.services
}

_covers(freeze) if {
	resource.environment in freeze.environments
	resource.service in freeze.services
}

_over(freeze) if time.date([instant.now_ns, freeze.zone]) < _days(freeze)[0]

_over(freeze) if time.date([instant.now_ns, freeze.zone]) > _days(freeze)[1]

# One that ends before it begins would be over on every day.
_days(freeze) := [first, last] if {
	first := calendar.day(freeze.first_day)
	last := calendar.day(freeze.last_day)
	first <= last
}

_can_be_lifted(name) if count(data.organisation.change_freezes[name].unless_approved_by) > 0
