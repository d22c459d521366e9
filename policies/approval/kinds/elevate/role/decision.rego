# METADATA
# title: A person gets a role
# description: >-
#   Privilege elevation, just in time or standing. The data say who may request a role, what it permits and in which
#   environment. A just-in-time request for a low-risk role needs no approval; a standing role counts as riskier and
#   needs one more approver.
# custom:
#   inputs:
#     context.elevation: Either `just_in_time` or `standing`.
#     context.ttl_seconds: The lifetime in seconds. Required for just-in-time access.
package approval.kinds["elevate/role"]

import data.approval.lib.evaluation
import data.approval.lib.finding
import data.approval.lib.history
import data.approval.lib.person
import data.approval.lib.requirements
import data.approval.lib.resource
import data.approval.lib.risk
import data.approval.lib.settings

# METADATA
# title: Decision
# custom:
#   controls: [PR.AA-05, AC-6, AC-24]
decision := evaluation.of(
	{
		"factors": factors,
		"denials": denials,
		"requirements": further_requirements,
		"obligations": obligations,
		"at_most_seconds": at_most_seconds,
		"facts": facts,
	},
	rego.metadata.rule(),
)

# METADATA
# title: One more approver for a standing role
# description: Also where the request does not say that it is just in time.
further_requirements contains requirements.further("standing") if not _just_in_time

# METADATA
# title: Just-in-time access is short at every tier
at_most_seconds contains settings.kind.limits.just_in_time_seconds if _just_in_time

# METADATA
# title: The role ends by itself
# description: It is removed at its end without further action.
# custom:
#   controls: [T3, AC-6, "NHI1:2025"]
obligations contains finding.obligation("remove_at_end", {}, rego.metadata.rule())

# METADATA
# title: The use of the role is recorded
# description: Above the lowest tier.
# custom:
#   controls: [AC-6]
obligations contains finding.obligation("session_recording", {}, rego.metadata.rule()) if {
	risk.tier(risk.score(factors)) != "low"
}

# METADATA
# title: Earlier long grants are checked
# description: >-
#   Grants of roles to the same person, or of this role to others, that are still in force and last longer than just-
#   in-time access: whoever grants the role checks them and revokes duplicates.
# custom:
#   controls: [AC-6, AC-6(7), T7]
obligations contains finding.obligation("reconcile_standing_grants", {"cases": cases}, rego.metadata.rule()) if {
	count(_standing_in_force) > 0
	cases := sort(_standing_in_force)
}

# METADATA
# title: Facts
# scope: document
facts contains fact if some fact in (person.facts | resource.facts)

facts contains finding.fact(member, ["organisation.resources.role", input.request.resource.id, member]) if {
	some member in ["eligible_groups", "privilege", "standing_holders"]
	resource.entry[member]
}

facts contains {"name": "history", "source": "history"} if count(history.own) > 0
