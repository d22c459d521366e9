# METADATA
# title: Risk
# description: From factors to a score, and from the score to a tier, by the weights and thresholds of the kind.
package approval.lib.risk

import data.approval.lib.settings

# METADATA
# title: Weight of a value
# description: >-
#   A value that the table does not list weighs as much as the heaviest value in it; without a table, as much as the
#   threshold of the highest tier.
# custom:
#   controls: [T4]
weight(table, value) := settings.kind.weights[table][value] if value in object.keys(settings.kind.weights[table])

else := max(listed) if {
	listed := [number | some number in settings.kind.weights[table]]
	count(listed) > 0
}

else := settings.kind.thresholds.critical

# METADATA
# title: Score
# description: A negative weight counts as zero.
# custom:
#   controls: [T4]
score(factors) := sum([max([0, factor.score]) | some factor in factors])

# METADATA
# title: Tier of a score
# description: >-
#   The highest whose threshold the score reaches, in whatever order they are. A threshold that is not set is always
#   reached.
# custom:
#   controls: [T4]
tier(points) := reached[0] if {
	reached := [name | some name in ["critical", "high", "medium", "low"]; _reaches(points, name)]
}

default _reaches(_, _) := true

_reaches(points, name) := false if points < settings.kind.thresholds[name]
