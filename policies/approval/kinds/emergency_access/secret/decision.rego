# METADATA
# title: Incident response needs a secret
# description: >-
#   Break-glass access. A person who is on call for the owning team, or in incident response, gets the secret for a
#   short time. Above the lowest tier a second person approves. Every access is reviewed afterwards.
# custom:
#   inputs:
#     context.incident: The incident, in at least {minimum_incident_length} characters.
#     context.reason: Why the secret is needed now, in at least {minimum_reason_length} characters.
#     context.ttl_seconds: The lifetime in seconds. Required.
package approval.kinds["emergency_access/secret"]

import data.approval.lib.evaluation
import data.approval.lib.finding
import data.approval.lib.history
import data.approval.lib.person
import data.approval.lib.resource

# METADATA
# title: Decision
# custom:
#   controls: [AC-2(2), PR.AA-05, AC-24]
decision := evaluation.of(
	{"factors": factors, "denials": denials, "obligations": obligations, "facts": facts},
	rego.metadata.rule(),
)

# METADATA
# title: Facts
# scope: document
facts contains fact if some fact in (person.facts | resource.facts)

facts contains finding.fact("incident_responders", ["config.kinds", input.kind, "groups.incident_responders"])

facts contains finding.fact("on_call", ["organisation.on_call", resource.owner]) if {
	data.organisation.on_call[resource.owner]
}

facts contains {"name": "history", "source": "history"} if count(history.granted) > 0
