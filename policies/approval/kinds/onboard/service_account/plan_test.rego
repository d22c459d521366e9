# How the credential is rotated and the account ends.
package approval.kinds["onboard/service_account_test"]

import data.approval.lib.fixture_test as fixture

# A union would keep members of the offboarding that was there.
_offboarding(offboarding, want) := {
	"input": json.patch(_preview, [{"op": "replace", "path": "request/context/offboarding", "value": offboarding}]),
	"want": want,
}

test_cases[name] if {
	some name, case in cases
	fixture.holds(case)
}

cases["allow_end_at_an_event"] := _offboarding({"trigger": "service_retired"}, {
	"outcome": "allow",
	"tier": "low",
	"max_ttl_seconds": 31536000,
	"requested_ttl_seconds": null,
	"factors": {"environment": 0, "classification": 5, "roles": 0, "offboarding_trigger": 10},
})

# An event that may come before the day makes nothing worse.
cases["allow_end_on_a_day_or_at_an_event"] := _offboarding(
	{"date": "2027-06-30", "trigger": "service_retired"},
	{"outcome": "allow", "factors": {"environment": 0, "classification": 5, "roles": 0}},
)

cases["allow_end_tomorrow"] := _offboarding({"date": "2026-11-23"}, {"outcome": "allow", "max_ttl_seconds": 129600})

# The last day that is near enough, and the first that is not.
cases["allow_end_in_three_years"] := _offboarding(
	{"date": "2029-11-20"},
	{"outcome": "allow", "max_ttl_seconds": 31536000, "requested_ttl_seconds": 94564800},
)

cases["deny_unknown_rotation"] := _missing("rotation_days", "rotation_missing")

cases["deny_rotation_fraction"] := _context({"rotation_days": 0.5}, _deny("rotation_missing"))

cases["deny_rotation_never"] := _context({"rotation_days": 0}, _deny("rotation_missing"))

cases["deny_rotation_text"] := _context({"rotation_days": "monthly"}, _deny("rotation_missing"))

cases["deny_rotation_too_rare"] := _context({"rotation_days": 91}, _deny("rotation_too_rare"))

cases["deny_rotation_too_rare_for_privileges"] := {
	"input": fixture.changed(_privileged, {"request": {"context": {"rotation_days": 31}}}),
	"want": _deny("rotation_too_rare"),
}

cases["deny_unknown_offboarding"] := _missing("offboarding", "offboarding_missing")

cases["deny_offboarding_of_wrong_type"] := _offboarding("2027-06-30", _deny("offboarding_missing"))

cases["deny_offboarding_that_says_nothing"] := _offboarding({"plan": "later"}, _deny("offboarding_missing"))

cases["deny_offboarding_today"] := _offboarding({"date": "2026-11-22"}, _deny("offboarding_invalid"))

cases["deny_offboarding_on_no_day"] := _offboarding({"date": "2027-02-29"}, _deny("offboarding_invalid"))

cases["deny_offboarding_on_a_day_of_wrong_type"] := _offboarding({"date": null}, _deny("offboarding_invalid"))

cases["deny_offboarding_on_a_list"] := _offboarding({"date": ["2027-06-30"]}, _deny("offboarding_invalid"))

cases["deny_offboarding_at_an_instant"] := _offboarding(
	{"date": "2027-06-30T00:00:00Z"},
	_deny("offboarding_invalid"),
)

cases["deny_offboarding_at_unknown_trigger"] := _offboarding({"trigger": "never"}, {
	"outcome": "deny",
	"denials": {"offboarding_invalid"},
	"factors": {"environment": 0, "classification": 5, "roles": 0, "offboarding_trigger": 10},
	"seen": {
		"environment": "development", "classification": "internal", "roles": ["catalogue-reader"],
		"offboarding_trigger": null,
	},
})

cases["deny_offboarding_too_late"] := _offboarding({"date": "2029-11-21"}, _deny("offboarding_too_late"))

# The event does not make up for a day that will hardly come.
cases["deny_offboarding_too_late_or_at_an_event"] := _offboarding(
	{"date": "2261-12-31", "trigger": "service_retired"},
	_deny("offboarding_too_late"),
)

cases["deny_offboarding_with_something_else"] := _offboarding(
	{"date": "2027-06-30", "unless": "still needed"},
	_deny("offboarding_invalid"),
)
