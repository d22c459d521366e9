package approval.lib.history_test

import data.approval.lib.history

_entry(id, changes) := object.union(
	{"case": id, "kind": "issue/api_key", "outcome": "allow", "shares": ["subject"]},
	changes,
)

_history := [
	_entry("resource", {"shares": ["resource"]}),
	_entry("all", {"shares": ["resource", "subject", "team"]}),
	_entry("subject", {}),
	_entry("subject and team", {"shares": ["subject", "team"]}),
	_entry("team", {"shares": ["team"]}),
	_entry("pending", {"outcome": "approval_required"}),
	_entry("another kind", {"kind": "elevate/role"}),
]

_found(list) := {earlier.case | some earlier in list}

test_allow_grants_told_apart_by_what_they_share if {
	_found(history.granted) == {"resource", "all", "subject", "subject and team", "team"} with input as _input
	_found(history.own) == {"resource", "all", "subject", "subject and team"} with input as _input
	_found(history.of_resource) == {"resource", "all"} with input as _input
}

_input := {"kind": "issue/api_key", "history": _history}

# What is not told must not make a request look harmless.
test_deny_unknown_shares_count_as_all if {
	untold := object.remove(_entry("untold", {}), ["shares"])
	_found(history.of_resource) == {"untold"} with input as {"kind": "issue/api_key", "history": [untold]}
}
