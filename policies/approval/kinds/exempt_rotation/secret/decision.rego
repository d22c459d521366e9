# METADATA
# title: A secret is not rotated for a while
# description: >-
#   The owning team's own people may ask. Something else has to stand in for the rotation, and be in place for that very
#   secret by the data; there is a hard end, and a review before long. A renewal is
#   approved higher up, and who gathers exemptions for other secrets weighs more.
# custom:
#   inputs:
#     subject: The person of the owning team who asks, under any identity of theirs.
#     context.compensating_control: What stands in for the rotation, by its id in the data.
#     context.ends_at: When the exemption ends (RFC 3339), like `2027-01-31T12:00:00Z` or `2027-01-31T13:00:00+01:00`.
package approval.kinds["exempt_rotation/secret"]

import data.approval.lib.evaluation
import data.approval.lib.finding
import data.approval.lib.history
import data.approval.lib.instant
import data.approval.lib.person
import data.approval.lib.requirements
import data.approval.lib.resource

# METADATA
# title: Decision
# custom:
#   controls: [PR.AA-01, PR.AA-05, IA-5, AC-24]
decision := evaluation.of(
	{
		"factors": factors,
		"denials": denials,
		"requirements": further_requirements,
		"obligations": obligations,
		"at_most_seconds": at_most_seconds,
		"requested_seconds": at_most_seconds,
		"facts": facts,
	},
	rego.metadata.rule(),
)

# METADATA
# title: A renewal is approved higher up
# description: Each of them, the first as any later one.
further_requirements contains requirements.further("renewal") if count(history.of_resource) > 0

# METADATA
# title: The exemption is over at its end
at_most_seconds contains instant.seconds_until(_ends_ns) if _ends_ns

# METADATA
# title: Facts
# scope: document
facts contains fact if some fact in (person.facts | resource.facts)

facts contains finding.fact("compensating_control", ["organisation.compensating_controls", _control]) if _control_known

facts contains finding.fact("controls_in_place", [_secrets, input.request.resource.id, "compensating_controls"]) if {
	resource.entry.compensating_controls
}

facts contains {"name": "history", "source": "history"} if count(history.own) > 0

_secrets := "organisation.resources.secret"
