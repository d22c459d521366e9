package approval.kinds["grant/third_party_access_test"]

import data.approval.lib.fixture_test as fixture

# Lea of a design agency wants to see the storefront's pages in staging.
_staging := {
	"request": {
		"subject": {"type": "user", "id": "lea.moreau@brightpixel.example"},
		"action": {"name": "grant"},
		"resource": {"type": "third_party_access", "id": "brightpixel/storefront-web/staging"},
		"context": {
			"justification": "Check the colours of the campaign pages",
			"scopes": ["pages:read"],
			"ttl_seconds": 86400,
		},
	},
	"kind": "grant/third_party_access",
	"approvals": [],
	"caller": fixture.caller("servicenow"),
	"history": [],
	"now": fixture.now,
}

_production := fixture.changed(
	_staging,
	{"request": {"resource": {"id": "brightpixel/storefront-web/production"}}},
)

_payments := fixture.changed(_staging, {"request": {
	"resource": {"id": "brightpixel/payments-api/production"},
	"context": {"scopes": ["payments:read"]},
}})

_sources := {
	"person": `data.identities["lea.moreau@brightpixel.example"]`,
	"active": `data.organisation.people["lea.moreau"].active`,
	"groups": `data.organisation.people["lea.moreau"].groups`,
	"team": `data.organisation.people["lea.moreau"].team`,
	"service": `data.organisation.resources.third_party_access["brightpixel/storefront-web/staging"].service`,
	"environment": `data.organisation.resources.third_party_access["brightpixel/storefront-web/staging"].environment`,
	"vendor": `data.organisation.resources.third_party_access["brightpixel/storefront-web/staging"].vendor`,
	"classification": `data.organisation.services["storefront-web"].classification`,
	"owner": `data.organisation.services["storefront-web"].owner`,
	"contract": `data.organisation.vendors["brightpixel"].contract_ends_at`,
	"contract_scopes": `data.organisation.vendors["brightpixel"].scopes`,
	"sponsor": `data.organisation.vendors["brightpixel"].sponsor`,
	"vendor_group": `data.organisation.vendors["brightpixel"].group`,
	"sponsor_active": `data.organisation.people["priya.nair"].active`,
	"third_parties": `data.config.kinds["grant/third_party_access"].groups.third_parties`,
}

_case(changes, want) := {"input": fixture.changed(_staging, changes), "want": want}

_context(context, want) := _case({"request": {"context": context}}, want)

_at(now, want) := _case({"now": now}, want)

_missing(member, code) := {
	"input": fixture.without(_staging, concat("/", ["request/context", member])),
	"want": _deny(code),
}

_deny(code) := {"outcome": "deny", "denials": {code}}

test_cases[name] if {
	some name, case in cases
	fixture.holds(case)
}

# Never without a person, and never the sponsor alone, however little the risk.
cases["approval_required_staging"] := _case({}, {
	"outcome": "approval_required",
	"tier": "low",
	"score": 15,
	"requirements": {"owner": 1, "sponsor": 1},
	"any_of": {"storefront-leads", "engineering-directors", "sponsor:brightpixel"},
	"max_ttl_seconds": 86400,
	"review_after_seconds": 1209600,
	"obligations": {
		"limit_scopes": {"scopes": ["pages:read"]},
		"revoke_with_contract": {"ends_at": "2035-06-30T22:00:00Z"},
	},
	"controls": {
		"AC-24", "AC-3(2)", "AC-5", "AC-6", "AC-6(7)", "NHI1:2025", "NHI3:2025", "NHI5:2025", "NHI7:2025",
		"PR.AA-05", "PS-7", "T3", "T4",
	},
	"sources": _sources,
})

cases["approval_required_lifetime_is_capped"] := _context(
	{"ttl_seconds": 7776000},
	{"outcome": "approval_required", "max_ttl_seconds": 1209600},
)

cases["approval_required_production"] := {"input": _production, "want": {
	"outcome": "approval_required",
	"tier": "medium",
	"requirements": {"owner": 1, "sponsor": 1},
	"obligations": {
		"limit_scopes": {"scopes": ["pages:read"]},
		"revoke_with_contract": {"ends_at": "2035-06-30T22:00:00Z"},
		"session_recording": {},
	},
}}

cases["approval_required_write_in_production"] := {
	"input": fixture.changed(_production, {"request": {"context": {"scopes": ["pages:write", "pages:read"]}}}),
	"want": {"tier": "high", "requirements": {"owner": 1, "security": 1, "sponsor": 1}, "max_ttl_seconds": 86400},
}

cases["approval_required_restricted"] := {"input": _payments, "want": {
	"outcome": "approval_required",
	"tier": "critical",
	"score": 70,
	"requirements": {"owner": 1, "security": 2, "sponsor": 1},
	"min_assurance": {"asserted", "authenticated"},
}}

cases["approval_required_assertion_cannot_lower_tier"] := {
	"input": fixture.changed(_payments, {"request": {
		"resource": {"properties": {"environment": "sandbox", "classification": "public"}},
		"context": {"environment": "sandbox", "vendor": "nordwind", "tier": "low"},
	}}),
	"want": {"outcome": "approval_required", "tier": "critical", "score": 70},
}

# The sponsor leads the owning team, too: two places, of which the engine gives one person one.
cases["approval_required_eligible_approvals"] := _case(
	{"approvals": [
		fixture.approval("sponsor", "priya.nair", ["engineering", "storefront", "storefront-leads"]),
		fixture.approval("director", "walter.stone", ["engineering", "engineering-directors", "platform"]),
		fixture.approval("colleague", "max.ostrom", ["brightpixel", "third-parties"]),
		fixture.approval("other_sponsor", "erik.lund", ["engineering", "platform", "platform-leads"]),
		fixture.approval("self", "lea.moreau", ["brightpixel", "third-parties"]),
	]},
	{
		"eligible": {
			["sponsor", "sponsor:brightpixel"],
			["sponsor", "storefront-leads"],
			["director", "engineering-directors"],
		},
		"ineligible": {
			["colleague", "approver_inactive"],
			["other_sponsor", "approver_not_in_group"],
			["self", "approver_is_subject"],
		},
	},
)

# The contract ends at ten in the evening, UTC.
cases["approval_required_until_the_contract_ends"] := _at(
	"2035-06-30T21:00:00.000Z",
	{"outcome": "approval_required", "max_ttl_seconds": 3600},
)

cases["approval_required_last_second_of_the_contract"] := _at(
	"2035-06-30T21:59:58.001Z",
	{"outcome": "approval_required", "max_ttl_seconds": 1},
)

cases["deny_contract_ended_just_now"] := _at("2035-06-30T22:00:00.000Z", {
	"outcome": "deny",
	"denials": {"contract_ended"},
	"max_ttl_seconds": 0,
})

cases["deny_contract_ended"] := _case(
	{"request": {
		"subject": {"id": "piet.vos"},
		"resource": {"id": "harborline/status-page/production"},
		"context": {"scopes": ["status:read"]},
	}},
	{"outcome": "deny", "denials": {"contract_ended"}, "max_ttl_seconds": 0},
)

cases["deny_contract_asserted"] := _case(
	{"request": {
		"subject": {"id": "piet.vos", "properties": {"contract_ends_at": "2040-01-01T00:00:00Z"}},
		"resource": {"id": "harborline/status-page/production"},
		"context": {"scopes": ["status:read"], "contract_ends_at": "2040-01-01T00:00:00Z"},
	}},
	_deny("contract_ended"),
)

# Felix has left.
cases["deny_sponsor_missing"] := _case(
	{"request": {
		"subject": {"id": "ida.holm"},
		"resource": {"id": "nordwind/insights-warehouse/staging"},
		"context": {"scopes": ["orders:read"], "sponsor": "nadia.petrov"},
	}},
	_deny("sponsor_missing"),
)

cases["deny_subject_is_sponsor"] := _case(
	{"request": {"subject": {"id": "pnair"}}},
	{"outcome": "deny", "denials": {"subject_is_sponsor", "not_of_vendor"}},
)

cases["deny_people_of_another_vendor"] := _case(
	{"request": {"subject": {"id": "ida.holm", "properties": {"vendor": "brightpixel"}}}},
	_deny("not_of_vendor"),
)

cases["deny_employee"] := _case({"request": {"subject": {"id": "tharris"}}}, _deny("not_of_vendor"))

cases["deny_scope_not_contracted"] := _context(
	{"scopes": ["pages:read", "orders:read"]},
	_deny("scope_not_contracted"),
)

cases["deny_unknown_scope"] := _context({"scopes": ["pages:publish"]}, {
	"outcome": "deny",
	"denials": {"scope_not_contracted"},
	"factors": {"environment": 10, "classification": 5, "scopes": 40},
})

cases["deny_scopes_missing"] := _missing("scopes", "scopes_missing")

cases["deny_scopes_invalid"] := _context({"scopes": ["*"]}, _deny("scopes_invalid"))

cases["deny_justification_missing"] := _missing("justification", "justification_missing")

cases["deny_ttl_invalid"] := _context({"ttl_seconds": 0}, _deny("ttl_invalid"))

cases["deny_unknown_access"] := _case(
	{"request": {"resource": {"id": "brightpixel/identity-broker/production"}}},
	{"outcome": "deny", "tier": "critical", "denials": {"resource_unknown"}, "any_of": {
		"{owner}-leads", "engineering-directors", "security", "sponsor:{vendor}",
	}},
)

cases["deny_unknown_subject"] := _case(
	{"request": {"subject": {"id": "mallory@brightpixel.example"}}},
	_deny("subject_unknown"),
)

cases["deny_inactive_subject"] := _case({"request": {"subject": {"id": "max.ostrom"}}}, _deny("subject_inactive"))

cases["deny_subject_not_person"] := _case({"request": {"subject": {"type": "workload"}}}, _deny("subject_not_person"))

cases["deny_nothing_but_a_kind"] := {
	"input": {"kind": "grant/third_party_access"},
	"want": {
		"outcome": "deny",
		"tier": "critical",
		"denials": {"scopes_missing", "justification_missing", "resource_unknown", "subject_not_person"},
	},
}

cases["deny_request_of_wrong_types"] := {
	"input": {
		"kind": "grant/third_party_access",
		"request": {"subject": [], "resource": 1, "context": ["scopes"]},
		"approvals": {},
		"caller": null,
		"history": "none",
		"now": fixture.now,
	},
	"want": {
		"outcome": "deny",
		"denials": {"scopes_missing", "justification_missing", "resource_unknown", "subject_not_person"},
	},
}

_denials_with_vendors(vendors) := {denial.code | some denial in evaluation.denials} if {
	# regal ignore:with-outside-test-context,external-reference
	evaluation := data.approval.decision with input as _staging with data.organisation.vendors as vendors
}

_without(member) := {"brightpixel": object.remove(data.organisation.vendors.brightpixel, [member])}

_sponsored_by(person) := {"brightpixel": object.union(
	data.organisation.vendors.brightpixel,
	{"sponsor": person},
)}

test_deny_unknown_vendor if _denials_with_vendors({}) == {"vendor_unknown"}

test_deny_unknown_group_of_the_vendor if _denials_with_vendors(_without("group")) == {"not_of_vendor"}

test_deny_unknown_sponsor if {
	_denials_with_vendors(_without("sponsor")) == {"subject_is_sponsor", "sponsor_missing"}
	_denials_with_vendors(_sponsored_by("nobody")) == {"sponsor_missing"}
}

test_deny_unknown_contract if _denials_with_vendors(_without("contract_ends_at")) == {"contract_ended"}

test_deny_unknown_contracted_scopes if _denials_with_vendors(_without("scopes")) == {"scope_not_contracted"}

# One vendor's people do not vouch for another's, however active they are.
test_deny_sponsor_who_is_no_employee if _denials_with_vendors(_sponsored_by("ida.holm")) == {"sponsor_missing"}

test_deny_sponsor_who_is_the_subject if {
	_denials_with_vendors(_sponsored_by("lea.moreau")) == {"sponsor_missing", "subject_is_sponsor"}
}

test_deny_unknown_third_parties if {
	evaluation := data.approval.decision with input as _staging
		with data.config.kinds as {"grant/third_party_access": object.remove(
			data.config.kinds["grant/third_party_access"],
			["groups"],
		)}
	{denial.code | some denial in evaluation.denials} == {"sponsor_missing"}
}

# Whatever the tier, a third party gets less time than an employee who asks for a key.
test_allow_third_parties_less_than_employees if {
	kinds := data.config.kinds
	every name, tier in kinds["grant/third_party_access"].tiers {
		tier.max_ttl_seconds < kinds["issue/api_key"].tiers[name].max_ttl_seconds
		tier.review_after_seconds < kinds["issue/api_key"].tiers[name].review_after_seconds
		count(tier.requirements) > 0
	}
}
