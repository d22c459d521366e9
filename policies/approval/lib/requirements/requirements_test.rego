package approval.lib.requirements_test

import data.approval.lib.requirements

_leads := {"id": "one_more", "any_of": ["{owner}-leads"], "count": 1, "code": "one_more"}

_ask := {
	"request": {"resource": {"type": "secret", "id": "payments-db/production"}},
	"kind": "a/b",
}

test_approval_required_further_requirement_of_the_owner if {
	asked := requirements.further("extra") with input as _ask
		with data.config.kinds as {"a/b": {"further_requirements": {"extra": _leads}}}
	asked == object.union(_leads, {"any_of": ["payments-leads"]})
}

# Nobody is in a group of that name, so it stays unmet.
test_deny_unknown_further_requirement if {
	every settings in [{}, {"a/b": {}}, {"a/b": {"further_requirements": {"other": _leads}}}] {
		asked := requirements.further("extra") with input as _ask with data.config.kinds as settings
		asked == {"id": "extra", "any_of": ["{extra}"], "count": 1, "code": "extra"}
	}
}
