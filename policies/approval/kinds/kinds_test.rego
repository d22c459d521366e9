# Tests of the entrypoint. They are not in approval_test, because the bundle owns no root of that name.
package approval.kinds_test

import data.approval.lib.fixture_test as fixture

_nothing_to_hope_for := {
	"outcome": "deny",
	"tier": "critical",
	"denials": {"kind_unknown"},
	"requirements": {},
	"eligible": set(),
	"max_ttl_seconds": 0,
	"review_after_seconds": 0,
	"controls": {"AC-24", "PR.AA-05"},
}

test_cases[name] if {
	some name, case in cases
	fixture.holds(case)
}

cases["deny_unknown_kind"] := {
	"input": {
		"request": {
			"subject": {"type": "user", "id": "mei.tanaka"},
			"action": {"name": "export"},
			"resource": {"type": "customer_list", "id": "newsletter"},
		},
		"kind": "export/customer_list",
		"approvals": [fixture.approval("a1", "walter.stone", ["engineering", "engineering-directors", "platform"])],
		"caller": fixture.caller("developer-portal"),
		"history": [],
		"now": fixture.now,
	},
	"want": _nothing_to_hope_for,
}

cases["deny_empty_input"] := {"input": {}, "want": _nothing_to_hope_for}

cases["deny_kind_of_wrong_type"] := {"input": {"kind": ["issue/api_key"]}, "want": _nothing_to_hope_for}

cases["deny_kind_null"] := {"input": {"kind": null}, "want": _nothing_to_hope_for}

cases["deny_kind_that_is_half_a_name"] := {"input": {"kind": "issue"}, "want": _nothing_to_hope_for}

# A kind is a package of its own and nothing else: it is found without a word here.
test_allow_kind_that_is_new if {
	evaluation := data.approval.decision with input as {"kind": "water/plant"}
		with data.approval.kinds["water/plant"].decision as {"tier": "low"}
	evaluation.tier == "low"
}

# A team whose people can be on call, or whose leads approve, has to have somebody besides the one who asks.
test_allow_teams_with_somebody_else_to_ask if {
	every team in {service.owner | some service in data.organisation.services} {
		count(data.organisation.on_call[team]) > 1
		data.organisation.groups[concat("-", [team, "leads"])]
	}
}

# Nobody knows the resource, which is critical for every kind.
_unknown_resource(kind, changes) := fixture.changed(
	{
		"request": {
			"subject": {"type": "user", "id": "mei.tanaka"},
			"action": {"name": split(kind, "/")[0]},
			"resource": {"type": split(kind, "/")[1], "id": "nobody-knows"},
			"context": {"requested_by": "omar.haddad"},
		},
		"kind": kind,
		"approvals": [fixture.asserted("a1", "ines.duarte", ["security"], "storefront-ci")],
		"caller": fixture.caller("storefront-ci"),
		"history": [],
		"now": fixture.now,
	},
	changes,
)

_through_servicenow := {
	"approvals": [fixture.asserted("a1", "ines.duarte", ["security"], "servicenow")],
	"caller": {"client": "servicenow"},
}

_untrusted(kind) := concat(" ", ["deny_client_that_is_not_trusted_with_persons", kind])

_trusted(kind) := concat(" ", ["deny_unknown_resource_for_a_client_that_is_trusted", kind])

_denied := {"outcome": "deny", "tier": "critical"}

cases[_untrusted(kind)] := {"input": _unknown_resource(kind, {}), "want": _denied} if some kind, _ in data.config.kinds

cases[_trusted(kind)] := case if {
	some kind, _ in data.config.kinds
	case := {"input": _unknown_resource(kind, _through_servicenow), "want": _denied}
}

# Each kind looks at it, whatever else it denies.
test_deny_client_that_is_not_trusted_with_persons if {
	every kind, _ in data.config.kinds {
		evaluation := data.approval.decision with input as cases[_untrusted(kind)].input
		evaluation.tier == "critical"
		{"code": "requester_unverified"} in evaluation.denials
		{"approval": "a1", "code": "asserted_by_opener"} in evaluation.ineligible
		evaluation.eligible == set()
	}
}

test_deny_unknown_resource_for_a_client_that_is_trusted if {
	every kind, _ in data.config.kinds {
		evaluation := data.approval.decision with input as cases[_trusted(kind)].input
		evaluation.tier == "critical"
		not {"code": "requester_unverified"} in evaluation.denials
		not {"approval": "a1", "code": "asserted_by_opener"} in evaluation.ineligible
	}
}
