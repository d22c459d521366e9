package approval.lib.vouching_test

import data.approval.lib.evaluation
import data.approval.lib.fixture_test as fixture
import data.approval.lib.vouching

_ask(kind, changes) := fixture.changed(
	{
		"request": {
			"subject": {"type": "user", "id": "mei.tanaka"},
			"resource": {"type": split(kind, "/")[1], "id": "payments-api/production"},
			"context": {},
		},
		"kind": kind,
		"approvals": [],
		"caller": fixture.caller("developer-portal"),
		"now": fixture.now,
	},
	changes,
)

_codes(findings) := {finding.code | some finding in findings}

_findings(score) := {
	"factors": {{"id": "weight", "score": score, "fact": null, "controls": []}},
	"denials": set(),
	"requirements": {{"id": "further", "any_of": ["security"], "count": 1, "code": "further"}},
	"obligations": set(),
	"facts": set(),
}

_asking_too_much(kind) := _ask(kind, {
	"request": {"context": {"requested_by": "omar.haddad"}},
	"approvals": [fixture.asserted("a", "ines.duarte", ["security"], "developer-portal")],
})

_of_tier(kind, tier) := _findings(object.get(data.config.kinds[kind].thresholds, tier, 0))

# A client that names a requester and asserts an approval in a case of its own, just above medium and at it.
test_deny_untrusted_client_at_high_for_every_kind if {
	count(data.config.kinds) >= 8
	every kind, _ in data.config.kinds {
		answer := evaluation.of(_of_tier(kind, "high"), {}) with input as _asking_too_much(kind)
		answer.tier == "high"
		_codes(answer.denials) == {"requester_unverified"}
		_codes(answer.ineligible) == {"asserted_by_opener"}
		answer.eligible == set()
	}
}

test_approval_required_untrusted_client_at_medium_for_every_kind if {
	every kind, _ in data.config.kinds {
		answer := evaluation.of(_of_tier(kind, "medium"), {}) with input as _asking_too_much(kind)
		answer.tier == "medium"
		answer.denials == set()
		answer.ineligible == set()
		answer.eligible == {{"approval": "a", "group": "security"}}
	}
}

test_deny_untrusted_client_by_tier if {
	every tier, denials in {
		"low": set(),
		"medium": set(),
		"high": {"requester_unverified"},
		"critical": {"requester_unverified"},
	} {
		_codes(vouching.denials_at(tier)) == denials with input as _asking_too_much("elevate/role")
	}
	every tier, refusals in {
		"low": set(),
		"medium": set(),
		"high": {"asserted_by_opener"},
		"critical": {"asserted_by_opener"},
	} {
		_codes(vouching.refusals_at(tier)) == refusals with input as _asking_too_much("elevate/role")
	}
}

# Who names the requester, whom, and what comes of it.
_requesters := {
	"nobody": {"context": {}, "caller": {}, "denials": set()},
	"a client that vouches": {
		"context": {"requested_by": "mei.tanaka"},
		"caller": {"client": "servicenow"},
		"denials": set(),
	},
	"a client that does not": {
		"context": {"requested_by": "mei.tanaka"},
		"caller": {},
		"denials": {"requester_unverified"},
	},
	"the person's own token": {
		"context": {"requested_by": "mtanaka"},
		"caller": {"person": "mei.tanaka"},
		"denials": set(),
	},
	"somebody else's token": {
		"context": {"requested_by": "mtanaka"},
		"caller": {"person": "tom.harris"},
		"denials": {"requester_unverified"},
	},
	"somebody whom nobody knows": {
		"context": {"requested_by": "stranger"},
		"caller": {},
		"denials": {"requester_unverified"},
	},
	"what is no name": {
		"context": {"requested_by": ["mtanaka"]},
		"caller": {"person": "mei.tanaka"},
		"denials": {"requester_unverified"},
	},
	"null": {"context": {"requested_by": null}, "caller": {}, "denials": {"requester_unverified"}},
}

test_deny_requester_unverified if {
	every row in _requesters {
		found := _codes(vouching.denials_at("high")) with input as _ask("issue/api_key", {
			"request": {"context": row.context},
			"caller": row.caller,
		})
		found == row.denials
	}
}

# Who hands in a verdict, as what, and what comes of it in a case that developer-portal opened.
_verdicts := {
	"asserted by the opener": {"assurance": "asserted", "client": "developer-portal", "refusals": {"asserted_by_opener"}},
	"asserted by another client": {"assurance": "asserted", "client": "console", "refusals": set()},
	"of the person's own token": {"assurance": "authenticated", "client": "developer-portal", "refusals": set()},
	"signed, handed in by the opener": {"assurance": "signed", "client": "developer-portal", "refusals": set()},
	"of no assurance that there is": {
		"assurance": "hearsay",
		"client": "developer-portal",
		"refusals": {"asserted_by_opener"},
	},
}

test_approval_required_asserted_by_opener if {
	every row in _verdicts {
		every verdict in ["approve", "reject"] {
			approval := fixture.changed(fixture.asserted("a", "ines.duarte", ["security"], row.client), {
				"approver": {"assurance": row.assurance},
				"verdict": verdict,
			})
			found := _codes(vouching.refusals_at("high")) with input as _ask("issue/api_key", {"approvals": [approval]})
			found == row.refusals
		}
	}
}

_of_servicenow := _ask("issue/api_key", {
	"request": {"context": {"requested_by": "mei.tanaka"}},
	"caller": {"client": "servicenow"},
	"approvals": [fixture.asserted("a", "ines.duarte", ["security"], "servicenow")],
})

test_approval_required_system_of_record_that_opened if {
	vouching.refusals_at("critical") == set() with input as _of_servicenow
}

# Where data name no clients, none is trusted.
test_deny_unknown_clients if {
	every shared in [{}, {"approval_systems": [], "vouching_clients": []}] {
		denials := vouching.denials_at("high") with input as _of_servicenow with data.config.shared as shared
		_codes(denials) == {"requester_unverified"}
		refusals := vouching.refusals_at("high") with input as _of_servicenow with data.config.shared as shared
		_codes(refusals) == {"asserted_by_opener"}
	}
}

test_deny_unknown_submitter if {
	approval := fixture.without(fixture.asserted("a", "ines.duarte", ["security"], "console"), "submitted_by")
	found := _codes(vouching.refusals_at("high")) with input as _ask("issue/api_key", {"approvals": [approval]})
	found == {"asserted_by_opener"}
}
