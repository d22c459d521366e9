package approval.kinds["emergency_access/secret_test"]

import data.approval.lib.fixture_test as fixture

# Luis is on call for payments and needs a secret of its development database.
_development := {
	"request": {
		"subject": {"type": "user", "id": "luis.ortega"},
		"action": {"name": "emergency_access"},
		"resource": {"type": "secret", "id": "payments-db/development"},
		"context": {"reason": "Migrations hang since noon", "incident": "INC0042117", "ttl_seconds": 1800},
	},
	"kind": "emergency_access/secret",
	"approvals": [],
	"caller": fixture.caller("vault"),
	"history": [],
	"now": fixture.now,
}

_production := fixture.changed(_development, {"request": {"resource": {"id": "payments-db/production"}}})

_earlier(id, at, review) := {
	"case": id,
	"kind": "emergency_access/secret",
	"outcome": "allow",
	"tier": "low",
	"at": at,
	"expires_at": at,
	"review": review,
	"shares": ["subject", "team"],
}

_shared(earlier, shares) := object.union(earlier, {"shares": shares})

_sources := {
	"person": `data.identities["luis.ortega"]`,
	"active": `data.organisation.people["luis.ortega"].active`,
	"groups": `data.organisation.people["luis.ortega"].groups`,
	"team": `data.organisation.people["luis.ortega"].team`,
	"service": `data.organisation.resources.secret["payments-db/development"].service`,
	"environment": `data.organisation.resources.secret["payments-db/development"].environment`,
	"classification": `data.organisation.resources.secret["payments-db/development"].classification`,
	"owner": `data.organisation.services["payments-api"].owner`,
	"on_call": `data.organisation.on_call["payments"]`,
	"incident_responders": `data.config.kinds["emergency_access/secret"].groups.incident_responders`,
}

_case(changes, want) := {"input": fixture.changed(_development, changes), "want": want}

_context(context, want) := _case({"request": {"context": context}}, want)

_in_production(changes, want) := {"input": fixture.changed(_production, changes), "want": want}

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
	"max_ttl_seconds": 1800,
	"review_after_seconds": 604800,
	"case_ttl_seconds": 14400,
	"obligations": {"post_access_review": {"within_seconds": 604800}},
	"controls": {
		"AC-2(2)", "AC-24", "AC-6(7)", "NHI1:2025", "NHI7:2025", "PR.AA-05", "T3", "T4",
	},
	"sources": _sources,
})

cases["allow_incident_response"] := _case({"request": {"subject": {"id": "kofi.mensah"}}}, {"outcome": "allow"})

# Ruth is in incident response because the group of the incident leads lies within it.
cases["allow_incident_response_by_nested_group"] := _case(
	{"request": {"subject": {"id": "radler"}}},
	{"outcome": "allow"},
)

cases["allow_lifetime_is_capped"] := _context(
	{"ttl_seconds": 604800},
	{"outcome": "allow", "max_ttl_seconds": 14400, "requested_ttl_seconds": 604800},
)

cases["approval_required_staging"] := _case(
	{"request": {"subject": {"id": "nadia.petrov"}, "resource": {"id": "insights-loader/staging"}}},
	{
		"outcome": "approval_required",
		"tier": "medium",
		"score": 35,
		"requirements": {"on_call": 1},
		"any_of": {"on-call:insights"},
		"max_ttl_seconds": 1800,
		"obligations": {
			"post_access_review": {"within_seconds": 259200},
			"session_recording": {},
			"rotate_secret": {"within_seconds": 86400},
		},
	},
)

cases["approval_required_production"] := _case(
	{"request": {"subject": {"id": "tom.harris"}, "resource": {"id": "storefront-cdn/production"}}},
	{"outcome": "approval_required", "tier": "high", "requirements": {"on_call": 1}, "any_of": {"on-call:storefront"}},
)

cases["approval_required_restricted"] := _in_production({}, {
	"outcome": "approval_required",
	"tier": "critical",
	"requirements": {"on_call": 1, "incident_lead": 1},
	"any_of": {"on-call:payments", "security-incident-leads"},
	"min_assurance": {"authenticated"},
	"review_after_seconds": 86400,
})

cases["approval_required_assertion_cannot_lower_tier"] := _in_production(
	{"request": {
		"resource": {"properties": {"environment": "development", "classification": "public"}},
		"context": {"environment": "development", "tier": "low", "approver": "jonas.weber", "break_glass": true},
	}},
	{"outcome": "approval_required", "tier": "critical", "score": 105},
)

# Who is on call is a fact of the rota, whatever groups an approver is in.
cases["approval_required_eligible_approvals"] := _in_production(
	{"approvals": [
		fixture.approval("rota", "jonas.weber", ["engineering", "payments", "payments-leads"]),
		fixture.approval("lead", "ruth.adler", ["incident-response", "security", "security-incident-leads"]),
		fixture.approval("colleague", "mei.tanaka", ["engineering", "payments"]),
		fixture.approval("self", "luis.ortega", ["engineering", "payments"]),
	]},
	{
		"eligible": {["rota", "on-call:payments"], ["lead", "security-incident-leads"]},
		"ineligible": {["colleague", "approver_not_in_group"], ["self", "approver_is_subject"]},
	},
)

cases["approval_required_rejection_is_eligible"] := _in_production(
	{"approvals": [fixture.rejection("rota", "jonas.weber", ["engineering"])]},
	{"eligible": {["rota", "on-call:payments"]}, "ineligible": set()},
)

# Two of the last fortnight, one older, one of another kind, one that ended in a denial.
cases["allow_repeated_emergency"] := _case(
	{"history": [
		_earlier("c1", "2026-11-20T12:00:00.000Z", "keep"),
		_earlier("c2", "2026-11-09T12:00:00.000Z", "keep"),
		_earlier("c3", "2026-11-07T12:00:00.000Z", "keep"),
		object.union(_earlier("c4", "2026-11-21T12:00:00.000Z", null), {"kind": "issue/api_key"}),
		object.union(_earlier("c5", "2026-11-21T12:00:00.000Z", null), {"outcome": "deny"}),
	]},
	{
		"outcome": "allow",
		"tier": "low",
		"factors": {"environment": 0, "classification": 5, "repeated_emergency": 10},
	},
)

# A fortnight ago to the second is no longer of late.
cases["allow_emergency_of_a_fortnight_ago"] := _case(
	{"history": [_earlier("c1", "2026-11-08T12:00:00.000Z", "keep")]},
	{"outcome": "allow", "factors": {"environment": 0, "classification": 5}},
)

# Due at this very instant is not overdue.
cases["allow_review_just_due"] := _case(
	{"history": [_earlier("c1", "2026-11-15T12:00:00.000Z", null)]},
	{"outcome": "allow", "factors": {"environment": 0, "classification": 5, "repeated_emergency": 5}},
)

cases["approval_required_many_emergencies"] := _case(
	{"history": [
		_earlier("c1", "2026-11-20T12:00:00.000Z", "keep"),
		_earlier("c2", "2026-11-20T13:00:00.000Z", "keep"),
		_earlier("c3", "2026-11-20T14:00:00.000Z", "keep"),
		_earlier("c4", "2026-11-20T15:00:00.000Z", "keep"),
	]},
	{
		"outcome": "approval_required",
		"tier": "medium",
		"factors": {"environment": 0, "classification": 5, "repeated_emergency": 20},
	},
)

# What is of medium risk alone is of high risk the second time.
cases["approval_required_repeated_emergency"] := _case(
	{
		"request": {"subject": {"id": "nadia.petrov"}, "resource": {"id": "insights-loader/staging"}},
		"history": [_earlier("c1", "2026-11-20T12:00:00.000Z", "keep")],
	},
	{"outcome": "approval_required", "tier": "high", "score": 40},
)

# Granted at the lowest tier, whose review is due within a week.
cases["approval_required_review_overdue"] := _case(
	{"history": [
		_earlier("c1", "2026-11-01T12:00:00.000Z", null),
		_earlier("c2", "2026-11-02T12:00:00.000Z", "keep"),
	]},
	{
		"tier": "medium",
		"factors": {"environment": 0, "classification": 5, "review_overdue": 25},
		"seen": {"environment": "development", "classification": "internal", "review_overdue": 1},
		"sources": object.union(_sources, {"history": "history"}),
	},
)

# What was never granted has nothing to be reviewed, however long ago, and is no emergency of late.
cases["allow_earlier_requests_that_were_not_granted"] := _case(
	{"history": [
		object.union(_earlier("c1", "2026-11-01T12:00:00.000Z", null), {"outcome": "deny"}),
		object.union(_earlier("c2", "2026-11-01T13:00:00.000Z", null), {"outcome": "approval_required"}),
		object.union(_earlier("c3", "2026-11-21T12:00:00.000Z", null), {"outcome": "approval_required"}),
	]},
	{"outcome": "allow", "tier": "low", "factors": {"environment": 0, "classification": 5}},
)

# One of a colleague, for another secret. It is no emergency of late of the one who asks.
cases["approval_required_review_overdue_in_the_team"] := _case(
	{"history": [_shared(_earlier("c1", "2026-11-13T12:00:00.000Z", null), ["team"])]},
	{
		"outcome": "approval_required",
		"tier": "medium",
		"factors": {"environment": 0, "classification": 5, "review_overdue": 25},
		"seen": {"environment": "development", "classification": "internal", "review_overdue": 1},
		"sources": object.union(_sources, {"history": "history"}),
	},
)

# Somebody of another team, for this secret.
cases["approval_required_review_overdue_for_the_secret"] := _case(
	{"history": [_shared(_earlier("c1", "2026-11-13T12:00:00.000Z", null), ["resource"])]},
	{
		"tier": "medium",
		"factors": {"environment": 0, "classification": 5, "review_overdue": 25, "repeated_emergency": 5},
	},
)

# Whatever the review said: somebody has looked.
cases["allow_reviewed_in_the_team"] := _case(
	{"history": [
		_shared(_earlier("c1", "2026-11-12T12:00:00.000Z", "keep"), ["team"]),
		_shared(_earlier("c2", "2026-11-13T12:00:00.000Z", "revoke"), ["team"]),
	]},
	{"outcome": "allow", "tier": "low", "factors": {"environment": 0, "classification": 5}},
)

cases["allow_repeated_for_the_secret"] := _case(
	{"history": [_shared(_earlier("c1", "2026-11-20T12:00:00.000Z", "keep"), ["resource"])]},
	{"outcome": "allow", "factors": {"environment": 0, "classification": 5, "repeated_emergency": 5}},
)

cases["allow_review_not_yet_due"] := _case(
	{"history": [_earlier("c1", "2026-11-20T12:00:00.000Z", null)]},
	{"outcome": "allow", "factors": {"environment": 0, "classification": 5, "repeated_emergency": 5}},
)

cases["deny_unknown_resource"] := _case({"request": {"resource": {"id": "payments-db/dev"}}}, {
	"outcome": "deny",
	"tier": "critical",
	"denials": {"resource_unknown"},
	"factors": {"resource_unknown": 70},
})

cases["deny_unknown_subject"] := _case({"request": {"subject": {"id": "mallory"}}}, _deny("subject_unknown"))

cases["deny_inactive_subject"] := _case({"request": {"subject": {"id": "felix.baum"}}}, {
	"outcome": "deny",
	"denials": {"subject_inactive", "not_on_call"},
})

cases["deny_subject_not_person"] := _case({"request": {"subject": {"type": "workload"}}}, _deny("subject_not_person"))

cases["deny_not_on_call"] := _case({"request": {"subject": {"id": "mei.tanaka"}}}, _deny("not_on_call"))

cases["deny_unknown_rota"] := _case(
	{"request": {"subject": {"id": "sofia.rossi"}, "resource": {"id": "identity-broker/signing-key"}}},
	_deny("not_on_call"),
)

cases["deny_on_call_asserted"] := _case(
	{"request": {
		"subject": {"id": "mei.tanaka", "properties": {"on_call": true, "groups": ["incident-response"]}},
		"context": {"on_call": ["mei.tanaka"]},
	}},
	_deny("not_on_call"),
)

cases["deny_reason_missing"] := _missing("reason", "reason_missing")

cases["deny_reason_too_short"] := _context({"reason": "urgent!"}, _deny("reason_missing"))

cases["deny_reason_of_wrong_type"] := _context({"reason": {"text": "Migrations hang"}}, _deny("reason_missing"))

# Four characters that count, and ten.
cases["allow_shortest_reason_and_incident"] := _context(
	{"reason": "It is down 12", "incident": "INC7"},
	{"outcome": "allow"},
)

cases["deny_reason_that_cannot_be_seen"] := _context(
	{"reason": "\u200b\u200b\u200b\u200b\u200b\u200b\u200b\u200b\u200b\u200b\u200b\u200b"},
	_deny("reason_missing"),
)

cases["deny_incident_missing"] := _missing("incident", "incident_missing")

cases["deny_incident_blank"] := _context({"incident": "      "}, _deny("incident_missing"))

cases["deny_incident_of_punctuation"] := _context({"incident": "-----"}, _deny("incident_missing"))

cases["deny_incident_a_number"] := _context({"incident": 42117}, _deny("incident_missing"))

cases["deny_expiry_missing"] := _missing("ttl_seconds", "expiry_missing")

cases["deny_ttl_text"] := _context({"ttl_seconds": "1800"}, _deny("ttl_invalid"))

cases["deny_ttl_negative"] := _context({"ttl_seconds": -1800}, _deny("ttl_invalid"))

cases["deny_ttl_fraction"] := _context({"ttl_seconds": 0.5}, _deny("ttl_invalid"))

cases["deny_nothing_but_a_kind"] := {
	"input": {"kind": "emergency_access/secret"},
	"want": {
		"outcome": "deny",
		"tier": "critical",
		"denials": {"reason_missing", "incident_missing", "expiry_missing", "resource_unknown", "subject_not_person"},
	},
}

cases["deny_request_of_wrong_types"] := {
	"input": {
		"kind": "emergency_access/secret",
		"request": {"subject": [], "resource": 1, "context": ["reason"]},
		"approvals": {},
		"caller": null,
		"history": "none",
		"now": fixture.now,
	},
	"want": {
		"outcome": "deny",
		"denials": {"reason_missing", "incident_missing", "expiry_missing", "resource_unknown", "subject_not_person"},
	},
}
