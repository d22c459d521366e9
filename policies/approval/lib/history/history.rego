# METADATA
# title: History
# description: >-
#   Earlier cases, as the engine finds them: of the same person or the same resource, and beside these, grants of the
#   kind whose review is overdue in the person's team. What an entry has in common with the request is in its member
#   shares; one that does not say so counts like one that has all in common.
package approval.lib.history

# METADATA
# title: Earlier grants of the kind
# description: >-
#   Those of the team too. A list, since the history names a case once: a set would take every entry apart to compare
#   it.
granted := [earlier |
	some earlier in input.history
	earlier.kind == input.kind
	earlier.outcome == "allow"
]

# METADATA
# title: Earlier grants of the kind, of the same person or the same resource
# description: Without grants to colleagues for other resources.
own := [earlier | some earlier in granted; not _of_team_only(earlier)]

# METADATA
# title: Earlier grants of the kind, of the same resource
of_resource := [earlier | some earlier in own; not _of_another_resource(earlier)]

_of_team_only(earlier) if earlier.shares == ["team"]

_of_another_resource(earlier) if {
	earlier.shares
	not "resource" in earlier.shares
}
