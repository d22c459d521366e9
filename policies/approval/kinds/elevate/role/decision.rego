# METADATA
# title: A person is to get a role
# description: >-
#   Privilege elevation, just in time or standing. Data say who may ask for a role, what it can do and where. Just in
#   time, a role of little weight passes without a person; a standing one weighs more and takes one more approver.
# custom:
#   inputs:
#     context.elevation: Either `just_in_time` or `standing`.
#     context.ttl_seconds: For how many seconds. Just in time it has to be said.
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
# title: Just in time is short, whatever the tier
at_most_seconds contains settings.kind.limits.just_in_time_seconds if _just_in_time

# METADATA
# title: The role ends by itself
# description: Nobody has to remember to take it away.
# custom:
#   controls: [T3, AC-6, "NHI1:2025"]
obligations contains finding.obligation("remove_at_end", {}, rego.metadata.rule())

# METADATA
# title: What is done with the role is recorded
# description: Above the lowest tier.
# custom:
#   controls: [AC-6]
obligations contains finding.obligation("session_recording", {}, rego.metadata.rule()) if {
	risk.tier(risk.score(factors)) != "low"
}

# METADATA
# title: Earlier long grants are looked at
# description: >-
#   Grants of roles to the same person, or of this role to others, that are still in force and longer than just in time:
#   whoever grants the role looks, and takes back what is double.
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
