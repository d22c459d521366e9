package approval.kinds["elevate/role_test"]

import data.approval.lib.fixture_test as fixture

# Tom of the storefront looks around in staging for an hour.
_staging := {
	"request": {
		"subject": {"type": "user", "id": "tom.harris"},
		"action": {"name": "elevate"},
		"resource": {"type": "role", "id": "storefront-web/staging-viewer"},
		"context": {
			"elevation": "just_in_time",
			"justification": "Look at the failing checkout tests",
			"ttl_seconds": 3600,
		},
	},
	"kind": "elevate/role",
	"approvals": [],
	"caller": fixture.caller("teleport"),
	"history": [],
	"now": fixture.now,
}

_production := fixture.changed(
	_staging,
	{"request": {"resource": {"id": "storefront-web/production-operator"}}},
)

_administrator := fixture.changed(_staging, {"request": {
	"subject": {"id": "luis.ortega"},
	"resource": {"id": "payments-api/production-administrator"},
}})

_standing := {"request": {"context": {"elevation": "standing"}}}

_earlier(id, at, expires_at) := {
	"case": id,
	"kind": "elevate/role",
	"outcome": "allow",
	"tier": "medium",
	"at": at,
	"expires_at": expires_at,
	"review": null,
	"shares": ["resource"],
}

_sources := {
	"person": `data.identities["tom.harris"]`,
	"active": `data.organisation.people["tom.harris"].active`,
	"groups": `data.organisation.people["tom.harris"].groups`,
	"team": `data.organisation.people["tom.harris"].team`,
	"service": `data.organisation.resources.role["storefront-web/staging-viewer"].service`,
	"environment": `data.organisation.resources.role["storefront-web/staging-viewer"].environment`,
	"classification": `data.organisation.services["storefront-web"].classification`,
	"owner": `data.organisation.services["storefront-web"].owner`,
	"eligible_groups": `data.organisation.resources.role["storefront-web/staging-viewer"].eligible_groups`,
	"privilege": `data.organisation.resources.role["storefront-web/staging-viewer"].privilege`,
	"standing_holders": `data.organisation.resources.role["storefront-web/staging-viewer"].standing_holders`,
}

_case(changes, want) := {"input": fixture.changed(_staging, changes), "want": want}

_context(context, want) := _case({"request": {"context": context}}, want)

_missing(member, code) := {
	"input": fixture.without(_staging, concat("/", ["request/context", member])),
	"want": _deny(code),
}

_deny(code) := {"outcome": "deny", "denials": {code}}

_told := {"remove_at_end": {}, "reconcile_standing_grants": {"cases": ["c1", "c2"]}}

test_cases[name] if {
	some name, case in cases
	fixture.holds(case)
}

cases["allow_viewer_just_in_time"] := _case({}, {
	"outcome": "allow",
	"tier": "low",
	"score": 15,
	"seen": {
		"environment": "staging",
		"classification": "internal",
		"privilege": "read",
		"elevation": "just_in_time",
	},
	"max_ttl_seconds": 3600,
	"obligations": {"remove_at_end": {}},
	"controls": {"AC-24", "AC-6", "AC-6(7)", "NHI1:2025", "NHI7:2025", "PR.AA-05", "T3", "T4"},
	"sources": _sources,
})

# Everybody of engineering may: the teams' groups lie within it.
cases["allow_member_of_nested_group"] := _case({"request": {"subject": {"id": "mtanaka"}}}, {"outcome": "allow"})

cases["allow_just_in_time_is_short"] := _context(
	{"ttl_seconds": 604800},
	{"outcome": "allow", "max_ttl_seconds": 28800},
)

cases["approval_required_standing_viewer"] := {
	"input": fixture.without(fixture.changed(_staging, _standing), "request/context/ttl_seconds"),
	"want": {
		"outcome": "approval_required",
		"tier": "high",
		"score": 45,
		"requirements": {"owner": 1, "security": 1, "standing": 1},
		"any_of": {"storefront-leads", "engineering-directors", "security"},
		"max_ttl_seconds": 5184000,
		"review_after_seconds": 2592000,
		"controls": {
			"AC-24", "AC-3(2)", "AC-5", "AC-6", "AC-6(7)", "NHI1:2025", "NHI7:2025", "PR.AA-05", "T3", "T4",
		},
	},
}

cases["approval_required_standing_for_a_while"] := _case(
	object.union(_standing, {"request": {"context": {"elevation": "standing", "ttl_seconds": 604800}}}),
	{"tier": "high", "max_ttl_seconds": 604800},
)

cases["approval_required_operator"] := {"input": _production, "want": {
	"outcome": "approval_required",
	"tier": "medium",
	"requirements": {"owner": 1},
	"obligations": {"remove_at_end": {}, "session_recording": {}},
}}

cases["approval_required_standing_operator"] := {"input": fixture.changed(_production, _standing), "want": {
	"outcome": "approval_required",
	"tier": "high",
	"requirements": {"owner": 1, "security": 1, "standing": 1},
}}

cases["approval_required_administrator"] := {"input": _administrator, "want": {
	"outcome": "approval_required",
	"tier": "critical",
	"score": 70,
	"requirements": {"owner": 1, "security": 2},
	"any_of": {"payments-leads", "engineering-directors", "security"},
	"min_assurance": {"authenticated"},
	"max_ttl_seconds": 3600,
}}

cases["approval_required_assertion_cannot_lower_tier"] := {
	"input": fixture.changed(_administrator, {"request": {
		"resource": {"properties": {"privilege": "read", "environment": "sandbox"}},
		"context": {"privilege": "read", "environment": "sandbox", "tier": "low", "standing": false},
	}}),
	"want": {"outcome": "approval_required", "tier": "critical", "score": 70},
}

cases["approval_required_eligible_approvals"] := {
	"input": fixture.changed(_administrator, {"approvals": [
		fixture.approval("owner", "amara.okafor", ["engineering", "payments", "payments-leads"]),
		fixture.approval("security", "kofi.mensah", ["incident-response", "security"]),
		fixture.approval("colleague", "mei.tanaka", ["engineering", "payments"]),
		fixture.approval("self", "luis.ortega", ["engineering", "payments"]),
	]}),
	"want": {
		"eligible": {["owner", "payments-leads"], ["security", "security"]},
		"ineligible": {["colleague", "approver_not_in_group"], ["self", "approver_is_subject"]},
	},
}

# Two that live longer than just in time; one that was just in time, to the second; one that is over, at this very
# instant; one of another kind, one that was not granted, one without an end, one that a review took back, and one of a
# colleague for another role.
cases["allow_earlier_standing_grants_are_told"] := _case(
	{"history": [
		object.union(
			_earlier("c2", "2026-11-01T12:00:00.000Z", "2027-01-01T12:00:00.000Z"),
			{"review": "keep", "shares": ["subject", "team"]},
		),
		_earlier("c1", "2026-11-22T11:00:00.000Z", "2026-11-22T19:00:00.001Z"),
		_earlier("c3", "2026-11-22T11:00:00.000Z", "2026-11-22T19:00:00.000Z"),
		_earlier("c4", "2026-11-01T12:00:00.000Z", "2026-11-22T12:00:00.000Z"),
		object.union(
			_earlier("c5", "2026-11-01T12:00:00.000Z", "2027-01-01T12:00:00.000Z"),
			{"kind": "issue/api_key"},
		),
		object.union(_earlier("c6", "2026-11-01T12:00:00.000Z", "2027-01-01T12:00:00.000Z"), {"outcome": "deny"}),
		_earlier("c7", "2026-11-01T12:00:00.000Z", null),
		object.union(_earlier("c8", "2026-11-01T12:00:00.000Z", "2027-01-01T12:00:00.000Z"), {"review": "revoke"}),
		object.union(_earlier("c9", "2026-11-01T12:00:00.000Z", "2027-01-01T12:00:00.000Z"), {"shares": ["team"]}),
	]},
	{
		"outcome": "allow",
		"obligations": _told,
		"sources": object.union(_sources, {"history": "history"}),
	},
)

cases["allow_earlier_grants_of_colleagues"] := _case(
	{"history": [object.union(
		_earlier("c1", "2026-11-01T12:00:00.000Z", "2027-01-01T12:00:00.000Z"),
		{"shares": ["team"]},
	)]},
	{"outcome": "allow", "obligations": {"remove_at_end": {}}, "sources": _sources},
)

cases["deny_elevation_missing"] := {
	"input": fixture.without(_staging, "request/context/elevation"),
	"want": {
		"outcome": "deny",
		"denials": {"elevation_missing"},
		"tier": "high",
		"seen": {"environment": "staging", "classification": "internal", "privilege": "read", "elevation": null},
		"requirements": {"owner": 1, "security": 1, "standing": 1},
	},
}

cases["deny_unknown_elevation"] := _context({"elevation": "now and then"}, {
	"outcome": "deny",
	"denials": {"elevation_missing"},
	"factors": {"environment": 10, "classification": 5, "privilege": 0, "elevation": 30},
})

cases["deny_elevation_of_wrong_type"] := _context({"elevation": ["just_in_time"]}, _deny("elevation_missing"))

cases["deny_just_in_time_without_end"] := _missing("ttl_seconds", "expiry_missing")

cases["deny_unknown_end"] := _context({"ttl_seconds": "an hour"}, _deny("ttl_invalid"))

cases["deny_justification_missing"] := _missing("justification", "justification_missing")

cases["deny_unknown_justification"] := _context({"justification": null}, _deny("justification_missing"))

cases["deny_not_eligible"] := _case(
	{"request": {"subject": {"id": "kofi.mensah"}}},
	_deny("not_eligible_for_role"),
)

cases["deny_groups_asserted"] := _case(
	{"request": {
		"subject": {"id": "kofi.mensah", "properties": {"groups": ["engineering"]}},
		"context": {"groups": ["engineering"], "eligible_groups": ["security"]},
	}},
	_deny("not_eligible_for_role"),
)

cases["deny_role_held_already"] := _case(
	{"request": {"subject": {"id": "priya.nair@larkfield.example"}}},
	_deny("role_held_already"),
)

cases["deny_unknown_role"] := _case({"request": {"resource": {"id": "storefront-web/staging-owner"}}}, {
	"outcome": "deny",
	"tier": "critical",
	"denials": {"resource_unknown"},
})

cases["deny_unknown_subject"] := _case({"request": {"subject": {"id": "mallory"}}}, _deny("subject_unknown"))

cases["deny_inactive_subject"] := _case({"request": {"subject": {"id": "felix.baum"}}}, _deny("subject_inactive"))

cases["deny_subject_not_person"] := _case({"request": {"subject": {"type": "workload"}}}, _deny("subject_not_person"))

cases["deny_nothing_but_a_kind"] := {
	"input": {"kind": "elevate/role"},
	"want": {
		"outcome": "deny",
		"tier": "critical",
		"denials": {"elevation_missing", "justification_missing", "resource_unknown", "subject_not_person"},
	},
}

cases["deny_request_of_wrong_types"] := {
	"input": {
		"kind": "elevate/role",
		"request": {"subject": [], "resource": 1, "context": ["elevation"]},
		"approvals": {},
		"caller": null,
		"history": "none",
		"now": fixture.now,
	},
	"want": {
		"outcome": "deny",
		"denials": {"elevation_missing", "justification_missing", "resource_unknown", "subject_not_person"},
	},
}

# A role of which the data say no more than of any resource.
_bare := {"service": "storefront-web", "environment": "sandbox"}

test_deny_unknown_groups_and_holders if {
	evaluation := data.approval.decision with input as _staging
		with data.organisation.resources.role as {"storefront-web/staging-viewer": _bare}
	{denial.code | some denial in evaluation.denials} == {"not_eligible_for_role", "role_held_already"}
}

test_approval_required_unknown_privilege_weighs_heaviest if {
	evaluation := data.approval.decision with input as _staging
		with data.organisation.resources.role as {"storefront-web/staging-viewer": _bare}
	{"id": "privilege", "score": 30, "fact": null} in evaluation.factors
}

# The same request, standing, is at least one tier higher, whatever the role.
test_approval_required_standing_raises_the_tier if {
	every id, entry in data.organisation.resources.role {
		ask := fixture.changed(_staging, {"request": {"resource": {"id": id}}})
		tiers := [evaluation.tier |
			some elevation in ["just_in_time", "standing"]
			evaluation := data.approval.decision with input as fixture.changed(
				ask,
				{"request": {"context": {"elevation": elevation}}},
			)
		]
		_rank[tiers[1]] > _rank[tiers[0]] + _already_highest(tiers[0])
		entry.privilege
	}
}

_rank := {"low": 0, "medium": 1, "high": 2, "critical": 3}

_already_highest("critical") := -1

_already_highest(tier) := 0 if tier != "critical"
