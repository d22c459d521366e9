# METADATA
# title: A service account is onboarded
# description: >-
#   It has an owner who is a person, roles that the service may have, a plan to rotate its credential and one to end it.
#   In low environments and without privileges nobody is asked; a privileged one is never below the tier high, and is
#   approved by people who are not its owner.
# custom:
#   inputs:
#     subject: The person who asks, under any identity of theirs.
#     context.offboarding: 'When it ends: `{"date": "2027-06-30"}` or `{"trigger": "service_retired"}`.'
#     context.owner: Any identity of the person who is to own it.
#     context.roles: What it may do, 1 to 100 roles that the service may have.
#     context.rotation_days: After how many days its credential is replaced.
package approval.kinds["onboard/service_account"]

import data.approval.lib.evaluation
import data.approval.lib.finding
import data.approval.lib.instant
import data.approval.lib.person
import data.approval.lib.requirements
import data.approval.lib.resource

# METADATA
# title: Decision
# custom:
#   controls: [PR.AA-01, PR.AA-02, PR.AA-05, AC-2, AC-24]
decision := evaluation.of(
	{
		"factors": factors,
		"denials": denials,
		"obligations": obligations,
		"facts": facts,
		"requirements": further_requirements,
		"at_most_seconds": at_most_seconds,
		"requested_seconds": at_most_seconds,
		"refusals": refusals,
	},
	rego.metadata.rule(),
)

# METADATA
# title: Who has to approve a privileged account besides those that the tier asks for
further_requirements contains requirements.further("privileged_role") if _privileged

# METADATA
# title: The account never outlives its last day
# description: In UTC. One that ends at an event lives as long as its tier allows, and is asked for again.
at_most_seconds contains instant.seconds_until(_ends_ns) if _ends_ns

# METADATA
# title: Facts
# scope: document
facts contains fact if some fact in union({person.facts, resource.facts, resource.review_facts})

facts contains finding.fact("account_owner", ["identities", _owner_asked_for]) if _owner_known

facts contains finding.fact(concat("_", ["account_owner", member]), ["organisation.people", _owner, member]) if {
	_owner_known
	some member in ["active", "groups", "team"]
}

facts contains finding.fact("account_roles", ["organisation.services", resource.service, "account_roles"]) if {
	data.organisation.services[resource.service].account_roles
}
