package approval.kinds["issue/api_key_test"]

import data.approval.lib.fixture_test as fixture

# Mei of the payments team wants a key of the sandbox.
_sandbox := {
	"request": {
		"subject": {"type": "user", "id": "mei.tanaka"},
		"action": {"name": "issue"},
		"resource": {"type": "api_key", "id": "payments-api/sandbox"},
		"context": {"justification": "Try the new refund call out", "scopes": ["payments:read"]},
	},
	"kind": "issue/api_key",
	"approvals": [],
	"caller": {
		"client": "developer-portal",
		"scopes": ["decide"],
		"claims": {},
		"principal": "mei.tanaka@larkfield.example",
		"person": "mei.tanaka",
	},
	"history": [],
	"now": fixture.now,
}

_production := fixture.changed(_sandbox, {"request": {"resource": {"id": "payments-api/production"}}})

_storefront := {"request": {
	"subject": {"id": "tom.harris"},
	"resource": {"id": "storefront-web/production"},
}}

_case(changes, want) := {"input": fixture.changed(_sandbox, changes), "want": want}

_context(context, want) := _case({"request": {"context": context}}, want)

_in_production(changes, want) := {"input": fixture.changed(_production, changes), "want": want}

_deny(code) := {"outcome": "deny", "denials": {code}}

test_cases[name] if {
	some name, case in cases
	fixture.holds(case)
}

cases["allow_sandbox_key"] := _case({}, {
	"outcome": "allow",
	"tier": "low",
	"score": 5,
	"factors": {"environment": 0, "classification": 5, "scopes": 0},
	"seen": {"environment": "sandbox", "classification": "internal", "scopes": ["payments:read"]},
	"requirements": {},
	"obligations": {"limit_scopes": {"scopes": ["payments:read"]}},
	"max_ttl_seconds": 2592000,
	"case_ttl_seconds": null,
	"requested_ttl_seconds": null,
	"sources": {
		"person": `data.identities["mei.tanaka"]`,
		"active": `data.organisation.people["mei.tanaka"].active`,
		"groups": `data.organisation.people["mei.tanaka"].groups`,
		"team": `data.organisation.people["mei.tanaka"].team`,
		"service": `data.organisation.resources.api_key["payments-api/sandbox"].service`,
		"environment": `data.organisation.resources.api_key["payments-api/sandbox"].environment`,
		"classification": `data.organisation.resources.api_key["payments-api/sandbox"].classification`,
		"owner": `data.organisation.services["payments-api"].owner`,
		"security_review": `data.organisation.services["payments-api"].security_review`,
	},
	"controls": {
		"AC-24", "AC-6", "AC-6(7)", "NHI1:2025", "NHI5:2025", "NHI7:2025", "PR.AA-01", "PR.AA-05", "T3", "T4",
	},
})

cases["allow_alias_of_owner"] := _case(
	{"request": {"subject": {"id": "mei.tanaka@larkfield.example"}}},
	{"outcome": "allow"},
)

cases["allow_shorter_lifetime"] := _context({"ttl_seconds": 3600}, {"outcome": "allow", "max_ttl_seconds": 3600})

cases["allow_lifetime_that_is_just_not_long"] := _context({"ttl_seconds": 2592000}, {
	"outcome": "allow",
	"factors": {"environment": 0, "classification": 5, "scopes": 0},
	"max_ttl_seconds": 2592000,
})

cases["allow_longer_lifetime_is_capped"] := _context({"ttl_seconds": 86400000}, {
	"outcome": "allow",
	"tier": "low",
	"max_ttl_seconds": 7776000,
	"factors": {"environment": 0, "classification": 5, "scopes": 0, "lifetime": 10},
})

cases["approval_required_staging_write"] := _case(
	{"request": {
		"subject": {"id": "tom.harris"},
		"resource": {"id": "storefront-web/staging"},
		"context": {"scopes": ["catalogue:read", "catalogue:write"]},
	}},
	{
		"outcome": "approval_required",
		"tier": "medium",
		"score": 30,
		"requirements": {"owner": 1},
		"any_of": {"storefront-leads", "engineering-directors"},
		"obligations": {
			"limit_scopes": {"scopes": ["catalogue:read", "catalogue:write"]},
			"store_in_secret_manager": {},
		},
	},
)

cases["approval_required_production"] := _case(_storefront, {
	"outcome": "approval_required",
	"tier": "high",
	"requirements": {"owner": 1, "security": 1},
	"any_of": {"storefront-leads", "engineering-directors", "security"},
	"min_assurance": {"asserted"},
	"max_ttl_seconds": 2592000,
})

# Even of a public service that passed its review: security looks at every key of production.
cases["approval_required_production_public"] := _case(
	{"request": {"subject": {"id": "erik.lund"}, "resource": {"id": "status-page/production"}}},
	{"outcome": "approval_required", "tier": "high", "requirements": {"owner": 1, "security": 1}},
)

cases["approval_required_production_write"] := _in_production(
	{"request": {"context": {"scopes": ["payments:write"]}}},
	{
		"outcome": "approval_required",
		"tier": "critical",
		"score": 80,
		"requirements": {"owner": 1, "security": 2},
		"min_assurance": {"authenticated"},
		"max_ttl_seconds": 2592000,
		"controls": {
			"AC-24", "AC-3(2)", "AC-5", "AC-6", "AC-6(7)", "AU-10", "IA-5", "NHI1:2025", "NHI5:2025", "NHI7:2025", "PR.AA-01",
			"PR.AA-03", "PR.AA-05", "T3", "T4",
		},
	},
)

cases["approval_required_review_run_out"] := _case(
	{"request": {"subject": {"id": "clara.jensen"}, "resource": {"id": "insights-warehouse/production"}}},
	{
		"outcome": "approval_required",
		"tier": "critical",
		"factors": {"environment": 40, "classification": 15, "scopes": 0, "security_review": 25},
		"seen": {
			"environment": "production",
			"classification": "confidential",
			"scopes": ["payments:read"],
			"security_review": "missing",
		},
	},
)

cases["approval_required_long_lifetime"] := _in_production(
	{"request": {"context": {"ttl_seconds": 2592001}}},
	{"tier": "critical", "factors": {"environment": 40, "classification": 30, "scopes": 0, "lifetime": 10}},
)

# Sixty days are to be had at this tier, by who asks for them and has them weighed.
cases["approval_required_longest_lifetime"] := _case(
	fixture.changed(_storefront, {"request": {"context": {"ttl_seconds": 5184000}}}),
	{
		"outcome": "approval_required",
		"tier": "high",
		"factors": {"environment": 40, "classification": 5, "scopes": 0, "lifetime": 10},
		"max_ttl_seconds": 5184000,
	},
)

# A scope that nobody weighed may be good for anything.
cases["approval_required_unknown_scope"] := _in_production(
	{"request": {"context": {"scopes": ["payments:read", "payments:everything"]}}},
	{"tier": "critical", "factors": {"environment": 40, "classification": 30, "scopes": 30}},
)

# Nothing that the request says about the resource or the subject makes it any less risky.
cases["approval_required_assertion_cannot_lower_tier"] := _in_production(
	{"request": {
		"subject": {"properties": {"team": "payments", "groups": ["security"], "trusted": true}},
		"resource": {"properties": {"environment": "sandbox", "classification": "public"}},
		"context": {
			"environment": "sandbox",
			"classification": "public",
			"tier": "low",
			"security_review": true,
			"approved": true,
			"scopes": ["payments:admin"],
		},
	}},
	{"outcome": "approval_required", "tier": "critical", "score": 100},
)

cases["approval_required_eligible_approvals"] := _in_production(
	{"approvals": [
		fixture.approval("lead", "amara.okafor", ["engineering", "payments", "payments-leads"]),
		fixture.rejection("security", "kofi.mensah", ["incident-response", "security"]),
		fixture.approval("colleague", "luis.ortega", ["engineering", "payments"]),
	]},
	{
		"eligible": {["lead", "payments-leads"], ["security", "security"]},
		"ineligible": {["colleague", "approver_not_in_group"]},
	},
)

# Mei asks under her e-mail and approves under her login: one person.
cases["approval_required_self_approval"] := _in_production(
	{
		"request": {"subject": {"id": "mei.tanaka@larkfield.example"}},
		"caller": {"principal": null, "person": null},
		"approvals": [fixture.approval("self", "mei.tanaka", ["payments", "payments-leads", "security"])],
	},
	{"outcome": "approval_required", "eligible": set(), "ineligible": {["self", "approver_is_subject"]}},
)

cases["approval_required_approval_by_caller"] := _in_production(
	{
		"caller": {"principal": "aokafor", "person": "amara.okafor"},
		"approvals": [fixture.approval("caller", "amara.okafor", ["payments-leads"])],
	},
	{"eligible": set(), "ineligible": {["caller", "approver_is_caller"]}},
)

# The engine no longer knew whose principal it was; data.identities do.
cases["approval_required_approval_by_principal"] := _in_production(
	{
		"caller": {"principal": "aokafor", "person": null},
		"approvals": [fixture.approval("caller", "amara.okafor", ["payments-leads"])],
	},
	{"eligible": set(), "ineligible": {["caller", "approver_is_caller"]}},
)

cases["approval_required_approval_by_requester"] := _in_production(
	{
		"request": {"context": {"requested_by": "aokafor"}},
		"caller": {"client": "servicenow"},
		"approvals": [fixture.approval("requester", "amara.okafor", ["payments-leads"])],
	},
	{"outcome": "approval_required", "eligible": set(), "ineligible": {["requester", "approver_is_requester"]}},
)

cases["deny_requester_unverified"] := _in_production(
	{"request": {"context": {"requested_by": "aokafor"}}},
	{"outcome": "deny", "tier": "high", "denials": {"requester_unverified"}},
)

cases["approval_required_requester_by_own_token"] := _in_production(
	{"request": {"context": {"requested_by": "mtanaka"}}},
	{"outcome": "approval_required", "tier": "high", "denials": set()},
)

cases["allow_requester_by_any_client_at_low"] := _context(
	{"requested_by": "aokafor"},
	{"outcome": "allow", "tier": "low"},
)

# The tier high takes asserted verdicts, but not those of the client that opened the case.
cases["approval_required_asserted_by_opener"] := _case(
	fixture.changed(_storefront, {"approvals": [
		fixture.asserted("approve", "priya.nair", ["storefront-leads"], "developer-portal"),
		fixture.changed(
			fixture.asserted("reject", "ines.duarte", ["security"], "developer-portal"),
			{"verdict": "reject"},
		),
		fixture.asserted("itsm", "ines.duarte", ["security"], "servicenow"),
	]}),
	{
		"tier": "high",
		"eligible": {["itsm", "security"]},
		"ineligible": {["approve", "asserted_by_opener"], ["reject", "asserted_by_opener"]},
	},
)

cases["approval_required_asserted_by_system_of_record"] := _case(
	fixture.changed(_storefront, {
		"caller": {"client": "servicenow"},
		"approvals": [fixture.asserted("itsm", "ines.duarte", ["security"], "servicenow")],
	}),
	{"tier": "high", "eligible": {["itsm", "security"]}, "ineligible": set()},
)

cases["approval_required_asserted_by_opener_at_medium"] := _case(
	{
		"request": {
			"subject": {"id": "tom.harris"},
			"resource": {"id": "storefront-web/staging"},
			"context": {"scopes": ["catalogue:write"]},
		},
		"approvals": [fixture.asserted("lead", "priya.nair", ["storefront-leads"], "developer-portal")],
	},
	{"tier": "medium", "eligible": {["lead", "storefront-leads"]}, "ineligible": set()},
)

cases["approval_required_unknown_approver"] := _in_production(
	{"approvals": [
		fixture.approval("unmapped", null, ["payments-leads"]),
		fixture.approval("stranger", "nobody.here", ["security"]),
	]},
	{"eligible": set(), "ineligible": {["unmapped", "person_unknown"], ["stranger", "person_unknown"]}},
)

cases["approval_required_inactive_approver"] := _case(
	{
		"request": {"subject": {"id": "clara.jensen"}, "resource": {"id": "insights-warehouse/production"}},
		"approvals": [fixture.approval("left", "felix.baum", ["insights", "insights-leads"])],
	},
	{"eligible": set(), "ineligible": {["left", "approver_inactive"]}},
)

cases["approval_required_malformed_approvals"] := _in_production(
	{"approvals": [
		"yes",
		{"id": "bare"},
		{"id": "odd", "approver": {"person": "amara.okafor", "groups": "payments-leads"}},
	]},
	{"outcome": "approval_required", "eligible": set()},
)

cases["deny_unknown_resource"] := _case({"request": {"resource": {"id": "payments-api/production-2"}}}, {
	"outcome": "deny",
	"tier": "critical",
	"denials": {"resource_unknown"},
	"factors": {"resource_unknown": 75, "scopes": 0},
	"any_of": {"{owner}-leads", "engineering-directors", "security"},
})

cases["deny_resource_of_another_type"] := _case(
	{"request": {"resource": {"type": "secret"}}},
	_deny("resource_unknown"),
)

cases["deny_unknown_subject"] := _case({"request": {"subject": {"id": "mallory"}}}, _deny("subject_unknown"))

cases["deny_inactive_subject"] := _case(
	{"request": {"subject": {"id": "fbaum"}, "resource": {"id": "insights-warehouse/production"}}},
	_deny("subject_inactive"),
)

cases["deny_subject_not_person"] := _case(
	{"request": {"subject": {"type": "workload", "id": "pipeline:payments"}}},
	_deny("subject_not_person"),
)

# A service that goes by the name of a person of the owning team.
cases["deny_person_id_under_another_type"] := _case(
	{"request": {"subject": {"type": "service"}}},
	_deny("subject_not_person"),
)

cases["deny_not_service_owner"] := _case({"request": {"subject": {"id": "tom.harris"}}}, _deny("not_service_owner"))

cases["deny_ownership_asserted"] := _case(
	{"request": {
		"subject": {"id": "tom.harris", "properties": {"team": "payments"}},
		"resource": {"properties": {"owner": "storefront"}},
		"context": {"owner": "storefront", "team": "payments"},
	}},
	_deny("not_service_owner"),
)

cases["deny_context_missing"] := {
	"input": fixture.without(_sandbox, "request/context"),
	"want": {
		"outcome": "deny",
		"denials": {"justification_missing", "scopes_missing"},
		"factors": {"environment": 0, "classification": 5, "scopes": 30},
	},
}

cases["deny_context_not_an_object"] := _case({"request": {"context": "justified"}}, {
	"outcome": "deny",
	"denials": {"justification_missing", "scopes_missing"},
})

cases["deny_nothing_but_a_kind"] := {
	"input": {"kind": "issue/api_key"},
	"want": {
		"outcome": "deny",
		"tier": "critical",
		"denials": {"justification_missing", "resource_unknown", "scopes_missing", "subject_not_person"},
		"sources": {},
	},
}

cases["deny_request_of_wrong_types"] := {
	"input": {
		"kind": "issue/api_key",
		"request": {"subject": 1, "resource": [], "context": null},
		"approvals": 4,
		"caller": "me",
		"history": {},
		"now": fixture.now,
	},
	"want": {
		"outcome": "deny",
		"denials": {"justification_missing", "resource_unknown", "scopes_missing", "subject_not_person"},
	},
}
