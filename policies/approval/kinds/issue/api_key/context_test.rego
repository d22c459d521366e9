# What the context of a request may say: justification, lifetime and scopes.
package approval.kinds["issue/api_key_test"]

import data.approval.lib.fixture_test as fixture

_many_scopes(times) := [concat("", ["payments", json.marshal(number), ":read"]) |
	some number in numbers.range(1, times)
]

_long_scope(times) := concat("", [concat("", ["x" | some _ in numbers.range(1, times)]), ":read"])

# Twenty characters that count.
cases["allow_shortest_justification"] := _context(
	{"justification": " Try the refund: call no 42! "},
	{"outcome": "allow"},
)

cases["allow_justification_in_another_script"] := _context(
	{"justification": "Проверить вызов возврата"},
	{"outcome": "allow"},
)

cases["deny_justification_missing"] := {
	"input": fixture.without(_sandbox, "request/context/justification"),
	"want": _deny("justification_missing"),
}

cases["deny_justification_too_short"] := _context(
	{"justification": "because I want to"},
	_deny("justification_missing"),
)

# Nineteen characters that count, of more than twenty.
cases["deny_justification_one_letter_short"] := _context(
	{"justification": "Try the refund: call no 4! "},
	_deny("justification_missing"),
)

# Zero-width spaces, soft hyphens, Braille blanks and Hangul fillers: forty characters, none to be seen.
cases["deny_justification_that_cannot_be_seen"] := _context(
	{"justification": concat("", [unseen |
		some _ in numbers.range(1, 5)
		some unseen in ["\u200b", "\u200d", "\u00ad", "\u2800", "\u115f", "\u1160", "\u3164", "\uffa0"]
	])},
	_deny("justification_missing"),
)

# What can be seen counts, whatever it is.
cases["allow_justification_of_emoji"] := _context(
	{"justification": concat("", ["\ud83d\udc4d" | some _ in numbers.range(1, 30)])},
	{"outcome": "allow"},
)

cases["deny_justification_of_punctuation"] := _context(
	{"justification": "........................"},
	_deny("justification_missing"),
)

cases["deny_justification_of_blanks"] := _context(
	{"justification": "  why                     \n "},
	_deny("justification_missing"),
)

cases["deny_justification_a_number"] := _context(
	{"justification": 123456789012345},
	_deny("justification_missing"),
)

cases["deny_justification_a_list"] := _context(
	{"justification": ["Try the new refund call out"]},
	_deny("justification_missing"),
)

cases["deny_ttl_negative"] := _context({"ttl_seconds": -60}, _deny("ttl_invalid"))

cases["deny_ttl_zero"] := _context({"ttl_seconds": 0}, _deny("ttl_invalid"))

cases["deny_ttl_fraction"] := _context({"ttl_seconds": 60.5}, _deny("ttl_invalid"))

cases["deny_ttl_text"] := _context({"ttl_seconds": "3600"}, _deny("ttl_invalid"))

cases["deny_ttl_null"] := _context({"ttl_seconds": null}, _deny("ttl_invalid"))

cases["allow_scopes_of_every_shape"] := _context(
	{"scopes": ["payments:refunds:read", "Ledger_v2.eu-1:read", "read", "payments:refunds:read"]},
	{
		"outcome": "allow",
		"score": 5,
		"obligations": {"limit_scopes": {"scopes": ["Ledger_v2.eu-1:read", "payments:refunds:read", "read"]}},
	},
)

cases["allow_as_many_scopes_as_there_may_be"] := _context({"scopes": _many_scopes(100)}, {"outcome": "allow"})

# Saying nothing about scopes weighs no less than saying the most.
cases["deny_scopes_missing"] := {
	"input": fixture.without(_production, "request/context/scopes"),
	"want": {
		"outcome": "deny",
		"denials": {"scopes_missing"},
		"tier": "critical",
		"factors": {"environment": 40, "classification": 30, "scopes": 30},
		"seen": {"environment": "production", "classification": "restricted", "scopes": null},
		"obligations": {"store_in_secret_manager": {}},
	},
}

cases["deny_scopes_null"] := _context({"scopes": null}, _deny("scopes_invalid"))

cases["deny_scopes_text"] := _context({"scopes": "payments:read"}, _deny("scopes_invalid"))

cases["deny_scopes_none"] := _context({"scopes": []}, _deny("scopes_invalid"))

cases["deny_scopes_blank"] := _context({"scopes": ["payments:read", " "]}, _deny("scopes_invalid"))

cases["deny_scopes_mixed"] := _context({"scopes": ["payments:read", 7]}, _deny("scopes_invalid"))

# What one issuer takes for one scope is two to another.
cases["deny_scopes_two_in_one"] := _context({"scopes": ["payments:admin payments:read"]}, {
	"outcome": "deny",
	"denials": {"scopes_invalid"},
	"factors": {"environment": 0, "classification": 5, "scopes": 30},
})

cases["deny_scopes_with_comma"] := _context({"scopes": ["payments:admin,x:read"]}, _deny("scopes_invalid"))

cases["deny_scopes_with_wildcard"] := _context({"scopes": ["payments:*"]}, _deny("scopes_invalid"))

cases["deny_scopes_with_line_break"] := _context({"scopes": ["payments:read\n"]}, _deny("scopes_invalid"))

cases["deny_scopes_with_two_lines"] := _context({"scopes": ["payments:admin\nx:read"]}, _deny("scopes_invalid"))

cases["deny_scopes_that_only_look_alike"] := _context({"scopes": ["payments:re\u0430d"]}, _deny("scopes_invalid"))

cases["deny_scopes_with_colon_at_the_end"] := _context({"scopes": ["payments:read:"]}, _deny("scopes_invalid"))

cases["deny_scopes_with_colon_at_the_start"] := _context({"scopes": [":read"]}, _deny("scopes_invalid"))

cases["deny_scopes_with_two_colons"] := _context({"scopes": ["payments::read"]}, _deny("scopes_invalid"))

cases["deny_scopes_empty_name"] := _context({"scopes": [""]}, _deny("scopes_invalid"))

# Two hundred characters, and one more.
cases["allow_longest_scope"] := _context({"scopes": [_long_scope(195)]}, {"outcome": "allow"})

cases["deny_scope_too_long"] := _context({"scopes": [_long_scope(196)]}, _deny("scopes_invalid"))

cases["deny_scopes_too_many"] := _context({"scopes": _many_scopes(101)}, _deny("scopes_invalid"))
