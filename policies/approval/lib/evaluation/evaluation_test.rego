package approval.lib.evaluation_test

import data.approval.lib.evaluation
import data.approval.lib.fixture_test as fixture

_findings := {"factors": set(), "denials": set(), "obligations": set(), "facts": set()}

_settings(tier) := {"thresholds": {"medium": 10, "high": 20, "critical": 30}, "tiers": {"low": tier}}

_ask := {"request": {"context": {"ttl_seconds": 60}}, "kind": "a/b", "approvals": [], "now": fixture.now}

# The engine refuses what lacks a lifetime; a requested lifetime does not stand in for the one that settings lack.
test_deny_unknown_lifetimes_stay_out if {
	answer := evaluation.of(_findings, {}) with input as _ask
		with data.config.kinds as {"a/b": _settings({"requirements": []})}
	answer == {
		"tier": "low",
		"score": 0,
		"factors": set(),
		"denials": set(),
		"requirements": set(),
		"eligible": set(),
		"ineligible": set(),
		"obligations": set(),
		"controls": {"AC-6(7)", "NHI1:2025", "NHI7:2025", "T3"},
		"facts": set(),
	}
}

# Above the lowest tier the engine refuses an evaluation without requirements.
test_deny_unknown_settings_give_the_highest_tier if {
	answer := evaluation.of(_findings, {}) with input as _ask with data.config.kinds as {}
	answer.tier == "critical"
	answer.requirements == set()
	not answer.max_ttl_seconds
}

test_allow_the_shorter_lifetime if {
	tier := {"requirements": [], "max_ttl_seconds": 30, "approval_ttl_seconds": 20, "review_after_seconds": 10}
	answer := evaluation.of(_findings, {}) with input as _ask with data.config.kinds as {"a/b": _settings(tier)}
	answer.max_ttl_seconds == 30
	answer.approval_ttl_seconds == 20
	answer.review_after_seconds == 10
}

test_approval_required_controls_of_one_approval if {
	requirements := [{"id": "one", "any_of": ["x"], "count": 1, "code": "one", "min_assurance": "asserted"}]
	answer := evaluation.of(_findings, {}) with input as _ask
		with data.config.kinds as {"a/b": _settings({"requirements": requirements})}
	answer.controls == {"AC-5", "AC-6(7)", "NHI1:2025", "NHI7:2025", "PR.AA-05", "T3"}
}

# Two requirements of one person each are two persons too.
test_approval_required_controls_of_requirements if {
	requirements := [
		{"id": "one", "any_of": ["x"], "count": 1, "code": "one"},
		{"id": "two", "any_of": ["y"], "count": 1, "code": "two", "min_assurance": "signed"},
	]
	answer := evaluation.of(_findings, {"custom": {"controls": ["PS-7"]}}) with input as _ask
		with data.config.kinds as {"a/b": _settings({"requirements": requirements})}
	answer.controls == {
		"AC-3(2)", "AC-5", "AC-6(7)", "AU-10", "NHI1:2025", "NHI7:2025", "PR.AA-03", "PR.AA-05", "PS-7", "T3",
	}
}

test_approval_required_further_requirements_of_the_kind if {
	extra := {"id": "extra", "any_of": ["x"], "count": 1, "code": "extra"}
	answer := evaluation.of(object.union(_findings, {"requirements": {extra}}), {}) with input as _ask
		with data.config.kinds as {"a/b": _settings({"requirements": []})}
	answer.tier == "low"
	answer.requirements == {extra}
}

# Nothing is left where the end lies behind: never a lifetime below zero.
test_deny_lifetime_that_is_over if {
	tier := {"requirements": [], "max_ttl_seconds": 30, "approval_ttl_seconds": 20, "review_after_seconds": 10}
	every want in [[50, 30], [29, 29], [0, 0], [-1, 0]] {
		answer := evaluation.of(object.union(_findings, {"at_most_seconds": {want[0]}}), {}) with input as _ask
			with data.config.kinds as {"a/b": _settings(tier)}
		answer.max_ttl_seconds == want[1]
	}
}
