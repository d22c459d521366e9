package approval.kinds["issue/deployment_token_test"]

import data.approval.lib.fixture_test as fixture

# The storefront's pipeline deploys to production.
_storefront := {
	"request": {
		"subject": {"type": "workload", "id": "pipeline:storefront-web"},
		"action": {"name": "issue"},
		"resource": {"type": "deployment_token", "id": "storefront-web/production"},
		"context": {
			"scopes": ["service:deploy"],
			"ttl_seconds": 600,
			"checks": {"unit-tests": "passed", "dependency-scan": "passed"},
		},
	},
	"kind": "issue/deployment_token",
	"approvals": [],
	"caller": fixture.caller("storefront-ci"),
	"history": [],
	"now": fixture.now,
}

_payments := fixture.changed(_storefront, {
	"request": {
		"subject": {"id": "pipeline:payments"},
		"resource": {"id": "payments-api/production"},
		"context": {"checks": {"container-scan": "passed"}},
	},
	"caller": {"client": "payments-ci"},
})

# Its client is shared by many pipelines; the claims of the verified token tell them apart.
_insights := fixture.changed(_storefront, {
	"request": {
		"subject": {"id": "pipeline:insights"},
		"resource": {"id": "insights-warehouse/production"},
	},
	"caller": {
		"client": "github-actions",
		"claims": {"repository": "larkfield/insights", "ref": "refs/heads/main", "run_id": "871"},
	},
})

_case(changes, want) := {"input": fixture.changed(_storefront, changes), "want": want}

_context(context, want) := _case({"request": {"context": context}}, want)

_of_payments(changes, want) := {"input": fixture.changed(_payments, changes), "want": want}

_missing(path, code) := {"input": fixture.without(_storefront, path), "want": _deny(code)}

_deny(code) := {"outcome": "deny", "denials": {code}}

test_cases[name] if {
	some name, case in cases
	fixture.holds(case)
}

cases["allow_production_of_low_classification"] := _case({}, {
	"outcome": "allow",
	"tier": "low",
	"score": 30,
	"max_ttl_seconds": 600,
	"case_ttl_seconds": 86400,
	"obligations": {"limit_scopes": {"scopes": ["service:deploy"]}, "revoke_after_run": {}},
	"controls": {
		"AC-24", "AC-6", "AC-6(7)", "NHI1:2025", "NHI5:2025", "NHI7:2025", "PR.AA-01", "PR.AA-05", "T3", "T4",
	},
	"sources": {
		"caller_client": "caller.client",
		"clients": `data.organisation.pipelines["pipeline:storefront-web"].clients`,
		"services": `data.organisation.pipelines["pipeline:storefront-web"].services`,
		"environments": `data.organisation.pipelines["pipeline:storefront-web"].environments`,
		"scopes": `data.organisation.pipelines["pipeline:storefront-web"].scopes`,
		"required_checks": `data.organisation.pipelines["pipeline:storefront-web"].required_checks`,
		"service": `data.organisation.resources.deployment_token["storefront-web/production"].service`,
		"environment": `data.organisation.resources.deployment_token["storefront-web/production"].environment`,
		"classification": `data.organisation.services["storefront-web"].classification`,
		"owner": `data.organisation.services["storefront-web"].owner`,
		"security_review": `data.organisation.services["storefront-web"].security_review`,
	},
})

cases["allow_staging_of_restricted"] := _of_payments(
	{"request": {"resource": {"id": "payments-api/staging"}}},
	{"outcome": "allow", "tier": "low", "score": 30},
)

cases["allow_check_that_nobody_requires_failed"] := _context({"checks": {"spelling": "failed"}}, {"outcome": "allow"})

cases["allow_lifetime_is_capped"] := _context({"ttl_seconds": 86400}, {"outcome": "allow", "max_ttl_seconds": 3600})

# No lifetime weighs here, so that saying nothing gets no more than asking for the longest does.
cases["allow_lifetime_unstated"] := {
	"input": fixture.without(_storefront, "request/context/ttl_seconds"),
	"want": {"outcome": "allow", "max_ttl_seconds": 3600},
}

cases["approval_required_restricted"] := _of_payments({}, {
	"outcome": "approval_required",
	"tier": "critical",
	"score": 60,
	"requirements": {"release": 2},
	"any_of": {"release-managers"},
	"min_assurance": {"authenticated"},
	"max_ttl_seconds": 600,
})

cases["approval_required_migration_in_staging"] := _of_payments(
	{"request": {
		"resource": {"id": "payments-api/staging"},
		"context": {"scopes": ["service:deploy", "database:migrate"]},
	}},
	{
		"outcome": "approval_required",
		"tier": "medium",
		"score": 45,
		"requirements": {"release": 1},
		"any_of": {"release-managers", "payments-leads"},
		"obligations": {
			"limit_scopes": {"scopes": ["database:migrate", "service:deploy"]},
			"revoke_after_run": {},
		},
	},
)

cases["approval_required_review_run_out"] := {
	"input": _insights,
	"want": {
		"outcome": "approval_required",
		"tier": "critical",
		"factors": {"environment": 30, "classification": 20, "scopes": 0, "security_review": 20},
		"sources": {
			"caller_client": "caller.client",
			"caller_claims": "caller.claims",
			"claims": `data.organisation.pipelines["pipeline:insights"].claims`,
			"clients": `data.organisation.pipelines["pipeline:insights"].clients`,
			"services": `data.organisation.pipelines["pipeline:insights"].services`,
			"environments": `data.organisation.pipelines["pipeline:insights"].environments`,
			"scopes": `data.organisation.pipelines["pipeline:insights"].scopes`,
			"required_checks": `data.organisation.pipelines["pipeline:insights"].required_checks`,
			"service": `data.organisation.resources.deployment_token["insights-warehouse/production"].service`,
			"environment": `data.organisation.resources.deployment_token["insights-warehouse/production"].environment`,
			"classification": `data.organisation.services["insights-warehouse"].classification`,
			"owner": `data.organisation.services["insights-warehouse"].owner`,
			"security_review": `data.organisation.services["insights-warehouse"].security_review`,
		},
	},
}

cases["approval_required_assertion_cannot_lower_tier"] := _of_payments(
	{"request": {
		"subject": {"properties": {"trusted": true}},
		"resource": {"properties": {"environment": "staging", "classification": "public"}},
		"context": {"environment": "staging", "approved": true, "low_risk": true},
	}},
	{"outcome": "approval_required", "tier": "critical", "score": 60},
)

cases["approval_required_eligible_approvals"] := _of_payments(
	{"approvals": [
		fixture.approval("omar", "omar.haddad", ["engineering", "platform", "release-managers"]),
		fixture.approval("amara", "amara.okafor", ["engineering", "payments", "payments-leads"]),
	]},
	{
		"eligible": {["omar", "release-managers"]},
		"ineligible": {["amara", "approver_not_in_group"]},
	},
)

cases["deny_unknown_resource"] := _case({"request": {"resource": {"id": "storefront-web/canary"}}}, {
	"outcome": "deny",
	"tier": "critical",
	"denials": {"resource_unknown"},
	"factors": {"resource_unknown": 60, "scopes": 0},
})

cases["deny_unknown_pipeline"] := _case(
	{"request": {"subject": {"id": "pipeline:storefront"}}},
	_deny("pipeline_unknown"),
)

cases["deny_subject_not_workload"] := _case(
	{"request": {"subject": {"type": "user", "id": "omar.haddad"}}},
	_deny("subject_not_workload"),
)

cases["deny_pipeline_id_under_another_type"] := _case(
	{"request": {"subject": {"type": "user"}}},
	_deny("subject_not_workload"),
)

cases["deny_caller_not_pipeline"] := _case({"caller": {"client": "payments-ci"}}, _deny("caller_not_pipeline"))

cases["deny_unknown_caller"] := _missing("caller", "caller_not_pipeline")

cases["deny_caller_asserted"] := _case(
	{
		"request": {
			"subject": {"properties": {"clients": ["payments-ci"]}},
			"context": {"client": "storefront-ci"},
		},
		"caller": {"client": "payments-ci"},
	},
	_deny("caller_not_pipeline"),
)

cases["deny_claims_mismatch"] := {
	"input": fixture.changed(_insights, {"caller": {"claims": {"repository": "larkfield/elsewhere"}}}),
	"want": _deny("claims_mismatch"),
}

cases["deny_claims_of_another_branch"] := {
	"input": fixture.changed(_insights, {"caller": {"claims": {"ref": "refs/heads/try-out"}}}),
	"want": _deny("claims_mismatch"),
}

cases["deny_unknown_claims"] := {
	"input": fixture.without(_insights, "caller/claims"),
	"want": _deny("claims_mismatch"),
}

cases["deny_claims_in_the_request"] := {
	"input": fixture.changed(
		fixture.without(_insights, "caller/claims"),
		{"request": {"context": {"claims": {"repository": "larkfield/insights", "ref": "refs/heads/main"}}}},
	),
	"want": _deny("claims_mismatch"),
}

cases["deny_service_not_permitted"] := _of_payments(
	{"request": {"resource": {"id": "storefront-web/production"}}},
	_deny("service_not_permitted"),
)

cases["deny_environment_not_permitted"] := _case(
	{
		"request": {"subject": {"id": "pipeline:ledger-staging"}, "resource": {"id": "ledger/production"}},
		"caller": {"client": "payments-ci"},
	},
	_deny("environment_not_permitted"),
)

cases["deny_environment_asserted"] := _case(
	{
		"request": {
			"subject": {"id": "pipeline:ledger-staging"},
			"resource": {"id": "ledger/production", "properties": {"environment": "staging"}},
			"context": {"environment": "staging"},
		},
		"caller": {"client": "payments-ci"},
	},
	_deny("environment_not_permitted"),
)

cases["deny_scope_not_permitted"] := _context(
	{"scopes": ["service:deploy", "service:admin"]},
	_deny("scope_not_permitted"),
)

cases["deny_scopes_missing"] := _missing("request/context/scopes", "scopes_missing")

cases["deny_scopes_none"] := _context({"scopes": []}, _deny("scopes_invalid"))

cases["deny_scopes_of_wrong_type"] := _context({"scopes": {"first": "service:deploy"}}, _deny("scopes_invalid"))

cases["deny_scopes_two_in_one"] := _context(
	{"scopes": ["service:admin service:deploy"]},
	_deny("scopes_invalid"),
)

cases["deny_checks_missing"] := _missing("request/context/checks/unit-tests", "checks_missing")

cases["deny_checks_not_reported_at_all"] := _missing("request/context/checks", "checks_missing")

cases["deny_checks_a_list"] := _context({"checks": ["unit-tests", "dependency-scan"]}, _deny("checks_missing"))

cases["deny_checks_failed"] := _context({"checks": {"unit-tests": "failed"}}, _deny("checks_failed"))

cases["deny_checks_of_wrong_type"] := _context({"checks": {"unit-tests": true}}, _deny("checks_failed"))

cases["deny_ttl_fraction"] := _context({"ttl_seconds": 600.25}, _deny("ttl_invalid"))

cases["deny_ttl_text"] := _context({"ttl_seconds": "600"}, _deny("ttl_invalid"))

cases["deny_nothing_but_a_kind"] := {
	"input": {"kind": "issue/deployment_token"},
	"want": {
		"outcome": "deny",
		"tier": "critical",
		"denials": {"resource_unknown", "scopes_missing", "subject_not_workload"},
		"sources": {},
	},
}

cases["deny_request_of_wrong_types"] := {
	"input": {
		"kind": "issue/deployment_token",
		"request": {"subject": true, "resource": "r", "context": 3},
		"approvals": null,
		"caller": [],
		"history": 1,
		"now": fixture.now,
	},
	"want": {"outcome": "deny", "denials": {"resource_unknown", "scopes_missing", "subject_not_workload"}},
}
