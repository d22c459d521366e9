package approval.lib.person_test

import data.approval.lib.person

_ask := {"request": {"subject": {"type": "user", "id": "a"}}}

_organisation := {
	"people": {"ann": {"team": "crew", "groups": ["leads", "unlisted"], "active": true}},
	"groups": {"crew": {}, "leads": {"within": ["crew", "all"]}, "all": {"within": ["leads", "world"]}},
}

# Nested groups, in a circle even. One that nobody described leads nowhere.
test_allow_groups_however_deep if {
	person.groups == {"crew", "leads", "unlisted", "all"} with input as _ask
		with data.organisation as _organisation
		with data.identities as {"a": "ann"}
}

test_deny_identity_of_unknown_person if {
	not person.known with input as _ask with data.identities as {"a": "nobody"}
	not person.active with input as _ask with data.identities as {"a": "nobody"}
}

test_deny_person_who_is_not_said_to_be_active if {
	not person.active with input as _ask
		with data.organisation as {"people": {"ann": {"team": "crew", "groups": []}}}
		with data.identities as {"a": "ann"}
}
