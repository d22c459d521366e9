# Tests of the entrypoint. They are not in approval_test, because the bundle owns no root of that name.
package approval.kinds_test

import data.approval.lib.calendar
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

test_deny_unknown_kind if fixture.holds(cases.deny_unknown_kind)

test_deny_empty_input if fixture.holds(cases.deny_empty_input)

test_deny_kind_of_wrong_type if fixture.holds(cases.deny_kind_of_wrong_type)

test_deny_kind_null if fixture.holds(cases.deny_kind_null)

test_deny_kind_that_is_half_a_name if fixture.holds(cases.deny_kind_that_is_half_a_name)

# A kind is a package of its own and nothing else: it is found without a word here.
test_allow_kind_that_is_new if {
	evaluation := data.approval.decision with input as {"kind": "water/plant"}
		with data.approval.kinds["water/plant"].decision as {"tier": "low"}
	evaluation.tier == "low"
}

# The names by which parts of data point at each other: a schema cannot check these.
test_allow_data_that_points_nowhere_else if {
	count(_dangling) == 0
}

test_deny_unknown_names_in_data if {
	_dangling == {
		["group", "g1"], ["group", "g2"], ["group", "g9"], ["group", "t1"], ["group", "t2"],
		["group", "g3"], ["group", "g4"], ["group", "g5"], ["group", "g6"], ["group", "g7"],
		["group", "t4"], ["group", "t5"],
		["service", "s2"], ["service", "s3"], ["service", "s4"],
		["person", "b"], ["person", "c"], ["person", "d"], ["person", "e"],
		["compensating control", "n1"], ["vendor", "v1"],
	} with data.organisation as {
		"people": {"a": {"team": "t1", "groups": ["g1"]}},
		"groups": {"g0": {"within": ["g2"]}},
		"services": {"s": {"owner": "t2"}},
		"resources": {
			"third_party_access": {"a": {"service": "s", "vendor": "v0"}, "b": {"service": "s", "vendor": "v1"}},
			"secret": {"x": {"service": "s2", "compensating_controls": ["n0", "n1"]}},
			"role": {"r": {"service": "s", "eligible_groups": ["g4"], "standing_holders": ["d"]}},
			"certificate": {"c": {"service": "s", "certificate": {"kept_by": "t4"}}},
		},
		"compensating_controls": {"n0": {}},
		"vendors": {"v0": {"group": "g6", "sponsor": "e"}},
		"on_call": {"t3": ["b"]},
		"pipelines": {"p": {"services": ["s3"]}},
		"change_windows": {"t5": {}},
		"change_freezes": {"f": {"services": ["s4"], "unless_approved_by": ["g3"]}},
	}
		with data.identities as {"z": "c"}
		with data.config.kinds as {"k": {
			"tiers": {"low": {"requirements": [{"any_of": ["{owner}-leads", "g9"]}]}},
			"further_requirements": {"more": {"any_of": ["{owner}-leads", "g5"]}},
			"groups": {"responders": ["g7"]},
		}}
}

_dangling contains ["group", name] if {
	some name in _named_groups
	not data.organisation.groups[name]
}

_dangling contains ["service", name] if {
	some name in _named_services
	not data.organisation.services[name]
}

_dangling contains ["person", name] if {
	some name in _named_people
	not data.organisation.people[name]
}

_dangling contains ["compensating control", name] if {
	some resources in data.organisation.resources
	some resource in resources
	some name in resource.compensating_controls
	not data.organisation.compensating_controls[name]
}

_dangling contains ["vendor", resource.vendor] if {
	some resources in data.organisation.resources
	some resource in resources
	not data.organisation.vendors[resource.vendor]
}

_named_groups contains person.team if some person in data.organisation.people

_named_groups contains name if {
	some person in data.organisation.people
	some name in person.groups
}

_named_groups contains vendor.group if some vendor in data.organisation.vendors

_named_groups contains service.owner if some service in data.organisation.services

_named_groups contains name if {
	some group in data.organisation.groups
	some name in group.within
}

_named_groups contains name if {
	some kind in data.config.kinds
	some tier in kind.tiers
	some requirement in tier.requirements
	some name in requirement.any_of
	not contains(name, "{owner}")
}

_named_groups contains name if {
	some kind in data.config.kinds
	some requirement in kind.further_requirements
	some name in requirement.any_of
	not contains(name, "{")
}

_named_groups contains name if {
	some resources in data.organisation.resources
	some resource in resources
	some name in resource.eligible_groups
}

_named_groups contains name if {
	some kind in data.config.kinds
	some names in kind.groups
	some name in names
}

_named_groups contains team if some team, _ in data.organisation.change_windows

_named_groups contains name if {
	some freeze in data.organisation.change_freezes
	some name in freeze.unless_approved_by
}

_named_groups contains resource.certificate.kept_by if {
	some resources in data.organisation.resources
	some resource in resources
}

_named_services contains name if {
	some freeze in data.organisation.change_freezes
	some name in freeze.services
}

_named_services contains resource.service if {
	some resources in data.organisation.resources
	some resource in resources
}

_named_services contains name if {
	some pipeline in data.organisation.pipelines
	some name in pipeline.services
}

_named_people contains name if {
	some rota in data.organisation.on_call
	some name in rota
}

_named_people contains vendor.sponsor if some vendor in data.organisation.vendors

_named_people contains name if some name in data.identities

_named_people contains name if {
	some resources in data.organisation.resources
	some resource in resources
	some name in resource.standing_holders
}

# What a schema cannot check either: that the zones are zones, and that freezes begin before they end.
test_allow_change_windows_and_freezes_that_can_be_read if {
	every owner, windows in data.organisation.change_windows {
		is_string(time.weekday([0, windows.zone]))
		data.organisation.groups[owner]
	}
	every freeze in data.organisation.change_freezes {
		is_string(time.weekday([0, freeze.zone]))
		calendar.day(freeze.first_day) <= calendar.day(freeze.last_day)
	}
}

# A team whose people can be on call, or whose leads approve, has to have somebody besides the one who asks.
test_allow_teams_with_somebody_else_to_ask if {
	every team in {service.owner | some service in data.organisation.services} {
		count(data.organisation.on_call[team]) > 1
		data.organisation.groups[concat("-", [team, "leads"])]
	}
}
