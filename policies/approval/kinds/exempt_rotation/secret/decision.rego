# METADATA
# title: A secret is exempted from rotation
# description: >-
#   Members of the owning team may request it. A compensating control has to be in place for the secret, according to
#   the data. The exemption has a fixed end and an early review. A renewal is approved at a higher level, and
#   exemptions for other secrets of the same person raise the risk.
# custom:
#   inputs:
#     subject: The member of the owning team who asks, by any of the person's identities.
#     context.compensating_control: The compensating control that replaces the rotation, by its id in the data.
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
# title: A renewal is approved at a higher level
# description: Every renewal, not only the first.
further_requirements contains requirements.further("renewal") if count(history.of_resource) > 0

# METADATA
# title: The exemption ends at the requested end
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
