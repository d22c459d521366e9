package approval.lib.approvals_test

import data.approval.lib.approvals
import data.approval.lib.fixture_test as fixture

_ask(person, groups) := {"approvals": [fixture.approval("a", person, groups)]}

_one(group) := {{"id": "x", "any_of": [group], "count": 1, "code": "x"}}

test_allow_person_on_call if {
	pairs := approvals.eligible(_one("on-call:payments")) with input as _ask("luis.ortega", [])
	pairs == {{"approval": "a", "group": "on-call:payments"}}
}

# To be on call for a team is not to be in the team's group.
test_deny_person_on_call_for_group_of_same_name if {
	approvals.eligible(_one("payments")) == set() with input as _ask("luis.ortega", [])
}

test_deny_person_on_call_for_unknown_team if {
	approvals.eligible(_one("on-call:nobody")) == set() with input as _ask("luis.ortega", [])
}

# Every group that a requirement asks for and that the approver is in: the engine picks.
test_allow_each_group_of_the_approver if {
	requirements := {
		{"id": "x", "any_of": ["payments", "payments-leads"], "count": 1, "code": "x"},
		{"id": "y", "any_of": ["payments-leads"], "count": 1, "code": "y"},
	}
	approvals.eligible(requirements) == {
		{"approval": "a", "group": "payments"},
		{"approval": "a", "group": "payments-leads"},
	} with input as _ask("amara.okafor", ["payments", "payments-leads"])
}

test_allow_sponsor_of_the_vendor if {
	pairs := approvals.eligible(_one("sponsor:brightpixel")) with input as _ask("priya.nair", [])
	pairs == {{"approval": "a", "group": "sponsor:brightpixel"}}
}

test_deny_sponsor_of_another_vendor if {
	approvals.eligible(_one("sponsor:brightpixel")) == set() with input as _ask("erik.lund", [])
}

test_deny_sponsor_of_unknown_vendor if {
	approvals.eligible(_one("sponsor:{vendor}")) == set() with input as _ask("erik.lund", ["sponsor"])
}
