package approval.kinds["exempt_rotation/secret_test"]

import data.approval.lib.fixture_test as fixture

# Mei wants to leave a secret of the development database as it is for ten days.
_development := {
	"request": {
		"subject": {"type": "user", "id": "mei.tanaka"},
		"action": {"name": "exempt_rotation"},
		"resource": {"type": "secret", "id": "payments-db/development"},
		"context": {
			"justification": "The old driver cannot reconnect",
			"compensating_control": "network-isolation",
			"ends_at": "2026-12-02T12:00:00Z",
		},
	},
	"kind": "exempt_rotation/secret",
	"approvals": [],
	"caller": fixture.caller("vault"),
	"history": [],
	"now": fixture.now,
}

_production := fixture.changed(_development, {"request": {"resource": {"id": "payments-db/production"}}})

_storefront := fixture.changed(_development, {"request": {
	"subject": {"id": "sofia.rossi"},
	"resource": {"id": "storefront-cdn/production"},
	"context": {"compensating_control": "usage-alerts"},
}})

_earlier(id, changes) := object.union(
	{
		"case": id,
		"kind": "exempt_rotation/secret",
		"outcome": "allow",
		"tier": "low",
		"at": "2025-11-20T12:00:00.000Z",
		"expires_at": "2025-12-20T12:00:00.000Z",
		"review": "keep",
		"shares": ["resource"],
	},
	changes,
)

_sources := {
	"person": `data.identities["mei.tanaka"]`,
	"active": `data.organisation.people["mei.tanaka"].active`,
	"groups": `data.organisation.people["mei.tanaka"].groups`,
	"team": `data.organisation.people["mei.tanaka"].team`,
	"service": `data.organisation.resources.secret["payments-db/development"].service`,
	"environment": `data.organisation.resources.secret["payments-db/development"].environment`,
	"classification": `data.organisation.resources.secret["payments-db/development"].classification`,
	"owner": `data.organisation.services["payments-api"].owner`,
	"compensating_control": `data.organisation.compensating_controls["network-isolation"]`,
	"controls_in_place": `data.organisation.resources.secret["payments-db/development"].compensating_controls`,
}

_case(changes, want) := {"input": fixture.changed(_development, changes), "want": want}

_context(context, want) := _case({"request": {"context": context}}, want)

_ending(text, want) := _context({"ends_at": text}, want)

_missing(member, code) := {
	"input": fixture.without(_development, concat("/", ["request/context", member])),
	"want": _deny(code),
}

_deny(code) := {"outcome": "deny", "denials": {code}}

test_cases[name] if {
	some name, case in cases
	fixture.holds(case)
}

cases["allow_development_secret"] := _case({}, {
	"outcome": "allow",
	"tier": "low",
	"score": 5,
	"max_ttl_seconds": 864000,
	"review_after_seconds": 2592000,
	"obligations": {
		"keep_compensating_control": {"control": "network-isolation"},
		"review_exemption": {"within_seconds": 2592000},
		"rotate_at_end": {},
	},
	"controls": {
		"AC-24", "AC-6(7)", "IA-5", "NHI1:2025", "NHI7:2025", "PR.AA-01", "PR.AA-05", "T3", "T4", "T7",
	},
	"sources": _sources,
})

# Ninety days to the millisecond.
cases["allow_longest_exemption"] := _ending("2027-02-20T12:00:00.000Z", {
	"outcome": "allow",
	"factors": {"environment": 0, "classification": 5, "length": 10},
	"seen": {"environment": "development", "classification": "internal", "length": "2027-02-20T12:00:00.000Z"},
	"max_ttl_seconds": 7776000,
})

cases["deny_longer_than_the_longest"] := _ending("2027-02-20T12:00:00.001Z", _deny("end_too_late"))

# Thirty days are not long yet.
cases["allow_exemption_that_is_not_long"] := _ending(
	"2026-12-22T12:00:00Z",
	{"outcome": "allow", "score": 5, "max_ttl_seconds": 2592000},
)

# What is left is counted in whole seconds, and never up.
cases["allow_last_second"] := _ending("2026-11-22T12:00:01.999Z", {"outcome": "allow", "max_ttl_seconds": 1})

cases["allow_shorter_on_request"] := _context(
	{"ttl_seconds": 3600},
	{"outcome": "allow", "max_ttl_seconds": 3600, "requested_ttl_seconds": 3600},
)

# Noon in Berlin is an hour before noon in UTC.
cases["allow_end_with_an_offset"] := _ending(
	"2026-12-02t12:00:00.000000000000+01:00",
	{"outcome": "allow", "max_ttl_seconds": 860400, "requested_ttl_seconds": 860400},
)

cases["approval_required_production"] := {"input": _storefront, "want": {
	"outcome": "approval_required",
	"tier": "medium",
	"score": 35,
	"requirements": {"owner": 1},
	"any_of": {"storefront-leads", "engineering-directors"},
	"max_ttl_seconds": 864000,
}}

cases["approval_required_restricted"] := {"input": _production, "want": {
	"outcome": "approval_required",
	"tier": "critical",
	"score": 60,
	"requirements": {"owner": 1, "security": 2},
	"min_assurance": {"authenticated"},
	"max_ttl_seconds": 864000,
}}

# The tier's own length is shorter than what is asked for.
cases["approval_required_end_is_cut_by_tier"] := {
	"input": fixture.changed(_production, {"request": {"context": {"ends_at": "2026-12-20T12:00:00Z"}}}),
	"want": {
		"outcome": "approval_required",
		"tier": "critical",
		"max_ttl_seconds": 1209600,
		"requested_ttl_seconds": 2419200,
		"case_ttl_seconds": null,
	},
}

cases["approval_required_assertion_cannot_lower_tier"] := {
	"input": fixture.changed(_production, {"request": {
		"resource": {"properties": {"environment": "development", "classification": "public"}},
		"context": {"environment": "development", "tier": "low", "renewal": false},
	}}),
	"want": {"outcome": "approval_required", "tier": "critical", "score": 60},
}

# However long ago; not what was denied, and not another kind.
cases["approval_required_renewal"] := _case(
	{"history": [
		_earlier("c1", {}),
		_earlier("c2", {"outcome": "deny"}),
		_earlier("c3", {"kind": "emergency_access/secret"}),
	]},
	{
		"outcome": "approval_required",
		"tier": "medium",
		"factors": {"environment": 0, "classification": 5, "renewal": 15},
		"seen": {"environment": "development", "classification": "internal", "renewal": 1},
		"requirements": {"owner": 1, "renewal": 1},
		"any_of": {"payments-leads", "engineering-directors", "security-incident-leads"},
		"min_assurance": {"asserted", "authenticated"},
		"sources": object.union(_sources, {"history": "history"}),
	},
)

cases["allow_after_denied_exemption"] := _case(
	{"history": [_earlier("c2", {"outcome": "deny"}), _earlier("c3", {"kind": "emergency_access/secret"})]},
	{"outcome": "allow", "requirements": {}},
)

# Who gathers exemptions for secret after secret does not get them without a person.
cases["approval_required_gathered_exemptions"] := _case(
	{"history": [_earlier("c1", {"shares": ["subject", "team"]}), _earlier("c2", {"shares": ["subject"]})]},
	{
		"outcome": "approval_required",
		"tier": "medium",
		"factors": {"environment": 0, "classification": 5, "gathered_exemptions": 15},
		"seen": {"environment": "development", "classification": "internal", "gathered_exemptions": 2},
		"requirements": {"owner": 1},
		"sources": object.union(_sources, {"history": "history"}),
	},
)

cases["approval_required_renewal_and_gathered_exemptions"] := _case(
	{"history": [_earlier("c1", {"shares": ["resource", "subject"]}), _earlier("c2", {"shares": ["subject"]})]},
	{
		"tier": "medium",
		"factors": {"environment": 0, "classification": 5, "renewal": 15, "gathered_exemptions": 15},
		"seen": {
			"environment": "development",
			"classification": "internal",
			"renewal": 1,
			"gathered_exemptions": 1,
		},
		"requirements": {"owner": 1, "renewal": 1},
	},
)

# Whatever a review said of the exemption before, and though it is long over.
cases["approval_required_renewal_after_revocation"] := _case(
	{"history": [_earlier("c1", {"review": "revoke", "shares": ["resource", "team"]})]},
	{"outcome": "approval_required", "requirements": {"owner": 1, "renewal": 1}},
)

cases["allow_exemptions_of_colleagues"] := _case(
	{"history": [_earlier("c1", {"shares": ["team"], "review": null})]},
	{"outcome": "allow", "factors": {"environment": 0, "classification": 5}, "requirements": {}, "sources": _sources},
)

cases["approval_required_renewal_in_production"] := {
	"input": fixture.changed(_storefront, {"history": [_earlier("c1", {}), _earlier("c2", {})]}),
	"want": {"tier": "high", "score": 50, "requirements": {"owner": 1, "security": 1, "renewal": 1}},
}

cases["approval_required_eligible_approvals"] := {
	"input": fixture.changed(_storefront, {
		"history": [_earlier("c1", {})],
		"approvals": [
			fixture.approval("lead", "priya.nair", ["engineering", "storefront", "storefront-leads"]),
			fixture.approval("incident_lead", "ruth.adler", ["incident-response", "security", "security-incident-leads"]),
			fixture.approval("colleague", "tom.harris", ["engineering", "storefront"]),
			fixture.approval("self", "sofia.rossi", ["engineering", "storefront"]),
		],
	}),
	"want": {
		"eligible": {
			["lead", "storefront-leads"],
			["incident_lead", "security"],
			["incident_lead", "security-incident-leads"],
		},
		"ineligible": {["colleague", "approver_not_in_group"], ["self", "approver_is_subject"]},
	},
}

cases["deny_compensating_control_missing"] := _missing("compensating_control", "compensating_control_missing")

cases["deny_compensating_control_of_wrong_type"] := _context(
	{"compensating_control": ["network-isolation"]},
	_deny("compensating_control_missing"),
)

cases["deny_unknown_compensating_control"] := _context(
	{"compensating_control": "we are careful"},
	_deny("compensating_control_unknown"),
)

cases["deny_compensating_control_not_in_place"] := _context({"compensating_control": "hardware-key"}, {
	"outcome": "deny",
	"denials": {"compensating_control_not_in_place"},
	"obligations": {"review_exemption": {"within_seconds": 2592000}, "rotate_at_end": {}},
})

cases["deny_compensating_control_asserted"] := _case(
	{"request": {
		"resource": {"properties": {"compensating_controls": ["hardware-key"]}},
		"context": {"compensating_control": "hardware-key", "compensating_controls": ["hardware-key"]},
	}},
	_deny("compensating_control_not_in_place"),
)

# The data say nothing about what is in place for this one.
cases["deny_unknown_controls_of_the_secret"] := _case(
	{"request": {"subject": {"id": "elund"}, "resource": {"id": "identity-broker/signing-key"}}},
	_deny("compensating_control_not_in_place"),
)

cases["deny_end_missing"] := _missing("ends_at", "end_missing")

cases["deny_unknown_end"] := _ending("when it is done", _deny("end_invalid"))

cases["deny_end_null"] := _ending(null, _deny("end_invalid"))

cases["deny_end_that_does_not_exist"] := _ending("2027-02-29T12:00:00Z", _deny("end_invalid"))

cases["deny_end_without_zone"] := _ending("2026-12-02T12:00:00", _deny("end_invalid"))

cases["deny_end_beyond_all_clocks"] := _ending("9999-12-31T23:59:59Z", _deny("end_too_late"))

cases["deny_end_before_all_clocks"] := _ending("0000-02-29T12:00:00z", _deny("end_passed"))

cases["deny_end_with_an_offset_that_does_not_exist"] := _ending("2026-12-02T12:00:00+24:00", _deny("end_invalid"))

# Now is not ahead.
cases["deny_end_passed"] := _ending("2026-11-22T12:00:00.000Z", {
	"outcome": "deny",
	"denials": {"end_passed"},
	"max_ttl_seconds": 0,
})

cases["deny_end_long_passed"] := _ending("1970-01-01T00:00:00Z", {
	"outcome": "deny",
	"denials": {"end_passed"},
	"max_ttl_seconds": 0,
})

cases["deny_justification_missing"] := _missing("justification", "justification_missing")

cases["deny_not_service_owner"] := _case({"request": {"subject": {"id": "tharris"}}}, _deny("not_service_owner"))

cases["deny_ttl_invalid"] := _context({"ttl_seconds": "long"}, _deny("ttl_invalid"))

cases["deny_unknown_secret"] := _case({"request": {"resource": {"id": "payments-db/dev"}}}, {
	"outcome": "deny",
	"tier": "critical",
	"denials": {"resource_unknown"},
})

cases["deny_unknown_subject"] := _case({"request": {"subject": {"id": "mallory"}}}, _deny("subject_unknown"))

cases["deny_inactive_subject"] := _case({"request": {"subject": {"id": "felix.baum"}}}, {
	"outcome": "deny",
	"denials": {"subject_inactive", "not_service_owner"},
})

cases["deny_nothing_but_a_kind"] := {
	"input": {"kind": "exempt_rotation/secret"},
	"want": {"outcome": "deny", "tier": "critical", "denials": {
		"compensating_control_missing", "end_missing", "justification_missing", "resource_unknown",
		"subject_not_person",
	}},
}

cases["deny_request_of_wrong_types"] := {
	"input": {
		"kind": "exempt_rotation/secret",
		"request": {"subject": [], "resource": 1, "context": ["ends_at"]},
		"approvals": {},
		"caller": null,
		"history": "none",
		"now": fixture.now,
	},
	"want": {"outcome": "deny", "denials": {
		"compensating_control_missing", "end_missing", "justification_missing", "resource_unknown",
		"subject_not_person",
	}},
}

# Without a clock nothing is ahead, and nothing near.
test_deny_unknown_now if {
	evaluation := data.approval.decision with input as object.union(_development, {"now": null})
	{denial.code | some denial in evaluation.denials} == {"end_passed", "end_too_late"}
}

# Nobody renews without somebody higher up, whatever the settings of the tiers.
test_allow_gathered_exemptions_by_their_own_weight if {
	weights := {"weights": {"renewal": {"granted": 15, "other_secret": 3}}}
	evaluation := data.approval.decision with input as cases.approval_required_gathered_exemptions.input
		with data.config.kinds as {"exempt_rotation/secret": object.union(
			data.config.kinds["exempt_rotation/secret"],
			weights,
		)}
	evaluation.score == 8
}

test_approval_required_unknown_settings_of_renewal if {
	evaluation := data.approval.decision with input as object.union(_development, {"history": [_earlier("c1", {})]})
		with data.config.kinds as {"exempt_rotation/secret": object.remove(
			data.config.kinds["exempt_rotation/secret"],
			["further_requirements"],
		)}
	{"id": "renewal", "any_of": ["{renewal}"], "count": 1, "code": "renewal"} in evaluation.requirements
}
