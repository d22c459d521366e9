# When a certificate may be renewed: windows and freezes by the wall clocks of Berlin and New York.
package approval.kinds["renew/certificate_test"]

# Payments changes production in the nights after Tuesday and Saturday, from 22:00 to 04:00 in Berlin.
cases["approval_required_minute_before_window"] := _at("2026-11-24T20:59:59.999Z", {"factors": _outside})

cases["approval_required_first_minute_of_window"] := _at("2026-11-24T21:00:00.000Z", {"factors": _within})

cases["approval_required_last_minute_of_window"] := _at("2026-11-25T02:59:59.999Z", {"factors": _within})

cases["approval_required_minute_after_window"] := _at("2026-11-25T03:00:00.000Z", {"factors": _outside})

# The night in which clocks go back ends an hour later by UTC than the one before.
cases["deny_too_early_in_longer_night_of_autumn"] := _at("2026-10-25T02:30:00.000Z", {
	"outcome": "deny",
	"denials": {"renewal_too_early"},
	"factors": _within,
})

cases["deny_too_early_after_longer_night_of_autumn"] := _at("2026-10-25T03:00:00.000Z", {
	"outcome": "deny",
	"denials": {"renewal_too_early"},
	"factors": _outside,
})

# The night in which clocks go forward ends an hour earlier by UTC.
cases["approval_required_short_night_of_spring"] := _at("2027-03-28T01:30:00.000Z", {
	"outcome": "approval_required",
	"tier": "critical",
	"factors": object.union(_within, {"expiry": 20}),
})

cases["approval_required_after_short_night_of_spring"] := _at("2027-03-28T02:00:00.000Z", {
	"outcome": "approval_required",
	"factors": object.union(_outside, {"expiry": 20}),
})

# Eight in the morning in Berlin is seven by UTC in winter and six in summer.
cases["approval_required_staging_hours_in_winter"] := _of(
	"hana.kim", "payments-api/staging",
	{"now": "2027-03-26T06:30:00.000Z"},
	{"tier": "high", "factors": {"environment": 5, "classification": 20, "change_window": 20, "key_type": 0}},
)

cases["approval_required_staging_hours_in_summer"] := _of(
	"hana.kim", "payments-api/staging",
	{"now": "2027-03-29T06:30:00.000Z"},
	{"tier": "medium", "factors": {"environment": 5, "classification": 20, "key_type": 0}},
)

# Sundays from 01:00 to 04:00 in New York.
cases["approval_required_window_of_another_zone"] := _of(
	"sofia.rossi", "storefront-web/production",
	{"now": "2026-11-22T08:59:59.999Z"},
	{"tier": "medium", "factors": {"environment": 25, "classification": 0, "key_type": 0}},
)

cases["approval_required_outside_window_of_another_zone"] := _of(
	"sofia.rossi", "storefront-web/production",
	{"now": "2026-11-22T09:00:00.000Z"},
	{"tier": "high", "factors": {"environment": 25, "classification": 0, "key_type": 0, "change_window": 20}},
)

cases["approval_required_freeze_to_be_lifted"] := _of("omar.haddad", "identity-broker/production", {}, {
	"outcome": "approval_required",
	"tier": "critical",
	"factors": {"environment": 25, "classification": 20, "key_type": 0, "change_freeze": 25},
	"seen": {
		"environment": "production", "classification": "restricted", "key_type": "ecdsa-p256",
		"change_freeze": ["broker-certification"],
	},
	"requirements": {"owner": 1, "security": 1, "freeze:broker-certification": 1},
	"any_of": {"platform-leads", "engineering-directors", "security"},
	"min_assurance": {"authenticated"},
})

# Years' ends are frozen in Berlin's time, whatever the zone of the team.
cases["approval_required_last_moment_of_freeze"] := _of(
	"omar.haddad", "status-page/production",
	{"now": "2026-01-05T22:59:59.999Z"},
	{"tier": "high", "requirements": {"owner": 1, "security": 1, "freeze:year-end-2025": 1}},
)

cases["approval_required_moment_after_freeze"] := _of(
	"omar.haddad", "status-page/production",
	{"now": "2026-01-05T23:00:00.000Z"},
	{"tier": "medium", "requirements": {"owner": 1}},
)
