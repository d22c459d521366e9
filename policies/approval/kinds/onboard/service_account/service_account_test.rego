package approval.kinds["onboard/service_account_test"]

import data.approval.lib.fixture_test as fixture

# Sofia onboards the account that shows previews of the storefront, and Tom will own it.
_preview := {
	"request": {
		"subject": {"type": "user", "id": "sofia.rossi"},
		"action": {"name": "onboard"},
		"resource": {"type": "service_account", "id": "storefront-web/preview"},
		"context": {
			"owner": "tharris",
			"roles": ["catalogue-reader"],
			"rotation_days": 90,
			"offboarding": {"date": "2027-06-30"},
		},
	},
	"kind": "onboard/service_account",
	"approvals": [],
	"caller": fixture.caller("identity-portal"),
	"history": [],
	"now": fixture.now,
}

_privileged := fixture.changed(_preview, {"request": {"context": {"roles": ["cache-admin"], "rotation_days": 30}}})

# Luis onboards the account that settles with the banks; Jonas, who leads payments, will own it.
_settlement := fixture.changed(_preview, {"request": {
	"subject": {"id": "luis.ortega"},
	"resource": {"id": "payments-api/settlement"},
	"context": {"owner": "jweber", "roles": ["settlement-writer"]},
}})

_case(changes, want) := {"input": fixture.changed(_preview, changes), "want": want}

_context(context, want) := _case({"request": {"context": context}}, want)

_of_settlement(changes, want) := {"input": fixture.changed(_settlement, changes), "want": want}

_missing(member, code) := {
	"input": fixture.without(_preview, concat("/", ["request/context", member])),
	"want": _deny(code),
}

_deny(code) := {"outcome": "deny", "denials": {code}}

cases["allow_preview"] := _case({}, {
	"outcome": "allow",
	"tier": "low",
	"score": 5,
	"requirements": {},
	"factors": {"environment": 0, "classification": 5, "roles": 0},
	"seen": {"environment": "development", "classification": "internal", "roles": ["catalogue-reader"]},
	"obligations": {
		"limit_roles": {"roles": ["catalogue-reader"]},
		"rotate_credential": {"every_days": 90},
		"offboard": {"date": "2027-06-30"},
		"record_owner": {"owner": "tom.harris"},
		"forbid_interactive_login": {},
	},
	"max_ttl_seconds": 19051200,
	"review_after_seconds": 15552000,
	"controls": {
		"AC-2", "AC-24", "AC-6", "AC-6(7)", "IA-5", "NHI10:2025", "NHI1:2025", "NHI5:2025", "NHI7:2025", "PR.AA-01",
		"PR.AA-02", "PR.AA-05", "T3", "T4",
	},
	"sources": {
		"person": `data.identities["sofia.rossi"]`,
		"active": `data.organisation.people["sofia.rossi"].active`,
		"groups": `data.organisation.people["sofia.rossi"].groups`,
		"team": `data.organisation.people["sofia.rossi"].team`,
		"account_owner": `data.identities["tharris"]`,
		"account_owner_active": `data.organisation.people["tom.harris"].active`,
		"account_owner_groups": `data.organisation.people["tom.harris"].groups`,
		"account_owner_team": `data.organisation.people["tom.harris"].team`,
		"account_roles": `data.organisation.services["storefront-web"].account_roles`,
		"service": `data.organisation.resources.service_account["storefront-web/preview"].service`,
		"environment": `data.organisation.resources.service_account["storefront-web/preview"].environment`,
		"classification": `data.organisation.services["storefront-web"].classification`,
		"owner": `data.organisation.services["storefront-web"].owner`,
		"security_review": `data.organisation.services["storefront-web"].security_review`,
	},
})

cases["allow_owner_who_asks"] := _context({"owner": "sofia.rossi"}, {"outcome": "allow"})

cases["allow_shorter_lifetime"] := _context({"ttl_seconds": 86400}, {"outcome": "allow", "max_ttl_seconds": 86400})

cases["approval_required_staging"] := _case(
	{"request": {"resource": {"id": "storefront-web/indexer"}, "context": {"roles": ["catalogue-writer"]}}},
	{
		"outcome": "approval_required",
		"tier": "medium",
		"score": 25,
		"requirements": {"owner": 1},
		"any_of": {"storefront-leads", "engineering-directors"},
	},
)

cases["approval_required_production_restricted"] := _of_settlement({}, {
	"outcome": "approval_required",
	"tier": "high",
	"score": 45,
	"requirements": {"owner": 1, "security": 1},
})

# Never without a person, wherever it runs.
cases["approval_required_privileged_in_development"] := {
	"input": _privileged,
	"want": {
		"outcome": "approval_required",
		"tier": "high",
		"score": 50,
		"factors": {"environment": 0, "classification": 5, "roles": 45},
		"requirements": {"owner": 1, "security": 1, "privileged_access": 1},
		"any_of": {"storefront-leads", "engineering-directors", "security", "identity-governance"},
		"min_assurance": {"asserted", "authenticated"},
	},
}

cases["approval_required_one_privileged_role_among_others"] := _context(
	{"roles": ["catalogue-reader", "cache-admin"], "rotation_days": 7},
	{
		"factors": {"environment": 0, "classification": 5, "roles": 45},
		"requirements": {"owner": 1, "security": 1, "privileged_access": 1},
		"obligations": {
			"limit_roles": {"roles": ["cache-admin", "catalogue-reader"]},
			"rotate_credential": {"every_days": 7},
			"offboard": {"date": "2027-06-30"},
			"record_owner": {"owner": "tom.harris"},
			"forbid_interactive_login": {},
		},
	},
)

cases["approval_required_privileged_in_production"] := _of_settlement(
	{"request": {"context": {"roles": ["payments-admin"], "rotation_days": 14}}},
	{
		"outcome": "approval_required",
		"tier": "critical",
		"score": 90,
		"requirements": {"owner": 1, "security": 1, "privileged_access": 1},
		"min_assurance": {"authenticated"},
	},
)

cases["approval_required_review_run_out"] := _case(
	{"request": {
		"subject": {"id": "clara.jensen"},
		"resource": {"id": "insights-warehouse/loader"},
		"context": {"owner": "nadia.petrov", "roles": ["orders-reader"]},
	}},
	{
		"outcome": "approval_required",
		"tier": "high",
		"factors": {"environment": 25, "classification": 10, "roles": 0, "security_review": 15},
	},
)

cases["approval_required_assertion_cannot_lower_tier"] := _of_settlement(
	{"request": {
		"resource": {"properties": {"environment": "sandbox", "classification": "public"}},
		"context": {
			"environment": "sandbox", "privileged": false, "roles": ["payments-admin"], "rotation_days": 14,
			"account_roles": {"payments-admin": "ordinary"},
		},
	}},
	{"tier": "critical", "score": 90, "requirements": {"owner": 1, "security": 1, "privileged_access": 1}},
)

# Jonas leads payments and will own the account: he can neither approve nor reject. Amara leads payments too.
cases["approval_required_owner_cannot_approve"] := _of_settlement(
	{"approvals": [
		fixture.approval("owner", "jonas.weber", ["engineering", "payments", "payments-leads"]),
		fixture.rejection("no", "jonas.weber", ["engineering", "payments", "payments-leads"]),
		fixture.approval("lead", "amara.okafor", ["engineering", "payments", "payments-leads"]),
		fixture.approval("security", "ines.duarte", ["security"]),
		fixture.approval("self", "luis.ortega", ["engineering", "payments"]),
		fixture.approval("outsider", "tom.harris", ["engineering", "storefront"]),
	]},
	{
		"outcome": "approval_required",
		"eligible": {["lead", "payments-leads"], ["security", "security"]},
		"ineligible": {
			["owner", "approver_is_owner"], ["no", "approver_is_owner"], ["self", "approver_is_subject"],
			["outsider", "approver_not_in_group"],
		},
	},
)

# To be in no group that is asked for is one more reason.
cases["approval_required_owner_outside_of_groups"] := _of_settlement(
	{
		"request": {"context": {"owner": "mei.tanaka"}},
		"approvals": [
			fixture.approval("owner", "mei.tanaka", ["engineering", "payments"]),
			fixture.approval("former", "jonas.weber", ["engineering", "payments", "payments-leads"]),
		],
	},
	{
		"eligible": {["former", "payments-leads"]},
		"ineligible": {["owner", "approver_is_owner"], ["owner", "approver_not_in_group"]},
	},
)

cases["deny_unknown_resource"] := _case({"request": {"resource": {"id": "storefront-web/previews"}}}, {
	"outcome": "deny",
	"tier": "critical",
	"denials": {"resource_unknown"},
	"factors": {"resource_unknown": 70, "roles": 45},
})

cases["deny_unknown_subject"] := _case({"request": {"subject": {"id": "mallory"}}}, _deny("subject_unknown"))

cases["deny_subject_not_person"] := _case({"request": {"subject": {"type": "workload"}}}, _deny("subject_not_person"))

cases["deny_inactive_subject"] := _case(
	{"request": {
		"subject": {"id": "felix.baum"},
		"resource": {"id": "insights-warehouse/loader"},
		"context": {"owner": "nadia.petrov", "roles": ["orders-reader"]},
	}},
	_deny("subject_inactive"),
)

cases["deny_not_service_owner"] := _case({"request": {"subject": {"id": "mei.tanaka"}}}, _deny("not_service_owner"))

cases["deny_owner_missing"] := _missing("owner", "owner_missing")

cases["deny_owner_empty"] := _context({"owner": ""}, _deny("owner_missing"))

cases["deny_owner_of_wrong_type"] := _context({"owner": ["tharris"]}, _deny("owner_missing"))

cases["deny_unknown_owner"] := _context({"owner": "the team"}, {
	"outcome": "deny",
	"denials": {"owner_unknown"},
	"obligations": {
		"limit_roles": {"roles": ["catalogue-reader"]},
		"rotate_credential": {"every_days": 90},
		"offboard": {"date": "2027-06-30"},
		"forbid_interactive_login": {},
	},
})

cases["deny_owner_that_is_a_team"] := _context({"owner": "storefront"}, _deny("owner_unknown"))

cases["deny_owner_inactive"] := _case(
	{"request": {
		"subject": {"id": "clara.jensen"},
		"resource": {"id": "insights-warehouse/loader"},
		"context": {"owner": "fbaum", "roles": ["orders-reader"]},
	}},
	_deny("owner_inactive"),
)

cases["deny_owner_not_of_team"] := _context({"owner": "mei.tanaka"}, _deny("owner_not_of_team"))

cases["deny_unknown_roles"] := _missing("roles", "roles_missing")

cases["deny_roles_none"] := _context({"roles": []}, {
	"outcome": "deny",
	"denials": {"roles_missing"},
	"factors": {"environment": 0, "classification": 5, "roles": 45},
})

cases["deny_roles_two_in_one"] := _context({"roles": ["catalogue-reader cache-admin"]}, _deny("roles_missing"))

cases["deny_role_not_permitted"] := _context({"roles": ["catalogue-reader", "payments-reader"], "rotation_days": 30}, {
	"outcome": "deny",
	"denials": {"role_not_permitted"},
	"factors": {"environment": 0, "classification": 5, "roles": 45},
	"requirements": {"owner": 1, "security": 1, "privileged_access": 1},
})

cases["deny_unknown_roles_of_the_service"] := _of_settlement(
	{"request": {
		"resource": {"id": "ledger/booker"},
		"context": {"roles": ["payments-reader"], "rotation_days": 30},
	}},
	_deny("role_not_permitted"),
)

cases["deny_unknown_now"] := _case({"now": null}, {
	"outcome": "deny",
	"denials": {"offboarding_invalid"},
	"factors": {"environment": 0, "classification": 5, "roles": 0, "security_review": 15},
})

cases["deny_ttl_text"] := _context({"ttl_seconds": "a year"}, _deny("ttl_invalid"))

_nothing_said := {
	"resource_unknown", "subject_not_person", "owner_missing", "roles_missing", "rotation_missing",
	"offboarding_missing",
}

cases["deny_nothing_but_a_kind"] := {
	"input": {"kind": "onboard/service_account"},
	"want": {"outcome": "deny", "tier": "critical", "denials": _nothing_said, "sources": {}},
}

cases["deny_request_of_wrong_types"] := {
	"input": {
		"kind": "onboard/service_account",
		"request": {"subject": true, "resource": "r", "context": 3},
		"approvals": null,
		"caller": [],
		"history": 1,
		"now": fixture.now,
	},
	"want": {"outcome": "deny", "denials": _nothing_said},
}
