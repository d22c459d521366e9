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
		"requested_ttl_seconds": 60,
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

# For how long a case stays open: the tier says it, else the kind, else nobody, and the engine has a length of its own.
test_approval_required_lifetime_of_the_case if {
	tier := {"requirements": [], "max_ttl_seconds": 30, "approval_ttl_seconds": 20, "review_after_seconds": 10}
	open := {"case_ttl_seconds": 50}
	every row in [
		{"kind": {}, "tier": {}, "want": {}},
		{"kind": open, "tier": {}, "want": {"case_ttl_seconds": 50}},
		{"kind": {}, "tier": {"case_ttl_seconds": 40}, "want": {"case_ttl_seconds": 40}},
		{"kind": open, "tier": {"case_ttl_seconds": 60}, "want": {"case_ttl_seconds": 60}},
	] {
		settings := object.union(_settings(object.union(tier, row.tier)), row.kind)
		answer := evaluation.of(_findings, {}) with input as _ask with data.config.kinds as {"a/b": settings}
		object.filter(answer, ["case_ttl_seconds"]) == row.want
	}
}

# Three years asked for, thirty seconds given.
test_allow_lifetime_that_was_asked_for_is_told if {
	tier := {"requirements": [], "max_ttl_seconds": 30, "approval_ttl_seconds": 20, "review_after_seconds": 10}
	century := 3155760000
	every row in [
		{"context": {}, "further": set(), "want": {}},
		{"context": {"ttl_seconds": "long"}, "further": set(), "want": {}},
		{"context": {"ttl_seconds": 94608000}, "further": set(), "want": {"requested_ttl_seconds": 94608000}},
		{"context": {}, "further": {94608000}, "want": {"requested_ttl_seconds": 94608000}},
		{"context": {"ttl_seconds": 90}, "further": {94608000}, "want": {"requested_ttl_seconds": 90}},
		{"context": {}, "further": {-1}, "want": {"requested_ttl_seconds": 0}},
		{"context": {"ttl_seconds": century}, "further": set(), "want": {"requested_ttl_seconds": century}},
		{"context": {"ttl_seconds": century + 1}, "further": set(), "want": {"requested_ttl_seconds": century}},
		{"context": {"ttl_seconds": 9007199254740991}, "further": set(), "want": {"requested_ttl_seconds": century}},
	] {
		findings := object.union(_findings, {"requested_seconds": row.further})
		answer := evaluation.of(findings, {}) with input as {"request": {"context": row.context}, "kind": "a/b"}
			with data.config.kinds as {"a/b": _settings(tier)}
		object.filter(answer, ["requested_ttl_seconds"]) == row.want
		answer.max_ttl_seconds == 30
	}
}
