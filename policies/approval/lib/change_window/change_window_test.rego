package approval.lib.change_window_test

import data.approval.lib.change_window

_ask(now) := {
	"request": {"resource": {"type": "certificate", "id": "x"}},
	"kind": "renew/certificate",
	"now": now,
}

_organisation(windows, freezes) := {
	"resources": {"certificate": {"x": {"service": "s", "environment": "production"}}},
	"services": {"s": {"owner": "crew", "classification": "internal"}},
	"change_windows": {"crew": {"zone": "Europe/Berlin", "environments": {"production": windows}}},
	"change_freezes": freezes,
}

_inside(now, windows) if {
	# regal ignore:with-outside-test-context,external-reference
	change_window.inside with input as _ask(now) with data.organisation as _organisation(windows, {})
}

_frozen(now, freeze) if {
	# regal ignore:with-outside-test-context,external-reference
	"f" in change_window.freezes with input as _ask(now) with data.organisation as _organisation([], {"f": freeze})
}

_tuesday_evening := [{"days": ["Tuesday"], "from": "20:00", "until": "22:30"}]

_tuesday_night := [{"days": ["Tuesday"], "from": "22:00", "until": "04:00"}]

_sunday_morning := [{"days": ["Sunday"], "from": "02:00", "until": "03:00"}]

# From the first minute up to, and not including, the last. Berlin is an hour ahead of UTC in winter.
test_allow_inside if {
	_inside("2026-11-24T19:00:00.000Z", _tuesday_evening)
	_inside("2026-11-24T21:29:59.999Z", _tuesday_evening)
}

test_approval_required_outside if {
	not _inside("2026-11-24T18:59:59.999Z", _tuesday_evening)
	not _inside("2026-11-24T21:30:00.000Z", _tuesday_evening)
	not _inside("2026-11-25T20:00:00.000Z", _tuesday_evening)
	not _inside("2026-11-23T20:00:00.000Z", _tuesday_evening)
}

# In summer it is two hours ahead.
test_allow_inside_by_the_wall_clock_of_summer if {
	_inside("2026-07-07T18:00:00.000Z", _tuesday_evening)
	not _inside("2026-07-07T20:30:00.000Z", _tuesday_evening)
}

test_allow_over_midnight if {
	_inside("2026-11-24T21:00:00.000Z", _tuesday_night)
	_inside("2026-11-25T02:59:59.999Z", _tuesday_night)
	not _inside("2026-11-25T03:00:00.000Z", _tuesday_night)
	not _inside("2026-11-24T02:00:00.000Z", _tuesday_night)
	not _inside("2026-11-24T20:59:59.999Z", _tuesday_night)
	not _inside("2026-11-25T21:00:00.000Z", _tuesday_night)
}

# It is Tuesday in Berlin before it is in UTC.
test_allow_day_of_the_zone if {
	midnight := [{"days": ["Tuesday"], "from": "00:00", "until": "00:30"}]
	_inside("2026-11-23T23:15:00.000Z", midnight)
	not _inside("2026-11-24T23:15:00.000Z", midnight)
}

test_allow_whole_day if {
	every until in ["24:00", "00:00"] {
		day := [{"days": ["Tuesday"], "from": "00:00", "until": until}]
		_inside("2026-11-23T23:00:00.000Z", day)
		_inside("2026-11-24T22:59:59.999Z", day)
		not _inside("2026-11-24T23:00:00.000Z", day)
		not _inside("2026-11-23T22:59:59.999Z", day)
	}
}

# On 29 March 2026 it is 03:00 in Berlin right after 01:59:59: a window in between is not there.
test_approval_required_hour_that_is_skipped if {
	not _inside("2026-03-29T00:59:59.999Z", _sunday_morning)
	not _inside("2026-03-29T01:00:00.000Z", _sunday_morning)
	_inside("2026-03-22T01:00:00.000Z", _sunday_morning)
}

test_allow_shorter_night_of_spring if {
	night := [{"days": ["Saturday"], "from": "22:00", "until": "04:00"}]
	_inside("2026-03-28T21:00:00.000Z", night)
	_inside("2026-03-29T01:59:59.999Z", night)
	not _inside("2026-03-29T02:00:00.000Z", night)
}

# On 25 October 2026 the hour from 02:00 to 03:00 comes twice, and the window is open both times.
test_allow_hour_that_comes_twice if {
	_inside("2026-10-25T00:00:00.000Z", _sunday_morning)
	_inside("2026-10-25T01:00:00.000Z", _sunday_morning)
	_inside("2026-10-25T01:59:59.999Z", _sunday_morning)
	not _inside("2026-10-25T02:00:00.000Z", _sunday_morning)
}

test_approval_required_unknown_window if {
	not _inside("2026-11-24T19:00:00.000Z", [])
	not _inside("2026-11-24T19:00:00.000Z", [{}])
	not _inside("2026-11-24T19:00:00.000Z", [{"days": ["Tuesday"]}])
	not _inside("2026-11-24T19:00:00.000Z", [{"days": ["Tuesday"], "from": "8 pm", "until": "midnight"}])
	not _inside(null, _tuesday_evening)
}

test_approval_required_unknown_team_or_zone if {
	every windows in [{}, {"crew": {"environments": {"production": _tuesday_evening}}}] {
		organisation := json.patch(_organisation([], {}), [{"op": "replace", "path": "change_windows", "value": windows}])
		not change_window.inside with input as _ask("2026-11-24T19:00:00.000Z") with data.organisation as organisation
	}
}

_freeze := {
	"zone": "Europe/Berlin",
	"first_day": "2026-12-18",
	"last_day": "2027-01-03",
	"environments": ["staging", "production"],
}

# From the first moment of the first day to the last of the last, by the clocks of Berlin.
test_deny_freeze if {
	not _frozen("2026-12-17T22:59:59.999Z", _freeze)
	_frozen("2026-12-17T23:00:00.000Z", _freeze)
	_frozen("2027-01-03T22:59:59.999Z", _freeze)
	not _frozen("2027-01-03T23:00:00.000Z", _freeze)
}

test_deny_freeze_of_the_service if {
	_frozen("2026-12-24T12:00:00.000Z", object.union(_freeze, {"services": ["r", "s"]}))
	not _frozen("2026-12-24T12:00:00.000Z", object.union(_freeze, {"services": ["r"]}))
}

test_allow_freeze_of_another_environment if {
	not _frozen("2026-12-24T12:00:00.000Z", object.union(_freeze, {"environments": ["staging"]}))
}

test_deny_freeze_of_unknown_days if {
	every freeze in [
		object.remove(_freeze, ["first_day", "last_day"]),
		object.union(_freeze, {"first_day": "soon", "last_day": "later"}),
		object.remove(_freeze, ["zone"]),
		object.remove(_freeze, ["last_day"]),
		object.union(_freeze, {"last_day": "2025-01-03"}),
	] {
		_frozen("2026-11-24T12:00:00.000Z", freeze)
	}
}

test_deny_freeze_that_unknown_people_could_lift if {
	every freeze in [_freeze, object.union(_freeze, {"unless_approved_by": []})] {
		denials := change_window.denials with input as _ask("2026-12-24T12:00:00.000Z")
			with data.organisation as _organisation([], {"f": freeze})
		{denial.code | some denial in denials} == {"change_freeze"}
	}
}

test_approval_required_freeze_that_somebody_can_lift if {
	freeze := object.union(_freeze, {"unless_approved_by": ["{owner}-leads", "directors"]})
	organisation := _organisation(_tuesday_evening, {"f": freeze})
	change_window.denials == set() with input as _ask("2026-12-22T19:00:00.000Z") with data.organisation as organisation
	required := change_window.required with input as _ask("2026-12-22T19:00:00.000Z")
		with data.organisation as organisation
	required == {{
		"id": "freeze:f",
		"any_of": ["crew-leads", "directors"],
		"count": 1,
		"code": "freeze_exception",
		"min_assurance": "authenticated",
	}}
}

# A group that nobody is in.
test_deny_unknown_change_management if {
	required := change_window.required with input as _ask("2026-11-24T12:00:00.000Z")
		with data.organisation as _organisation([], {})
		with data.config.kinds as {}
	required == {{
		"id": "outside_change_window",
		"any_of": ["{outside_change_window}"],
		"count": 1,
		"code": "outside_change_window",
	}}
}
