# METADATA
# title: A service account is onboarded
# description: >-
#   The account has an owner who is a person, roles that the service may have, a plan for rotating its credential and
#   a plan for its end. In low environments and without privileged roles no approval is needed. A privileged account
#   is at least of the tier high, and its owner cannot approve it.
# custom:
#   inputs:
#     subject: The person who asks, by any of the person's identities.
#     context.offboarding: 'When the account ends: `{"date": "2027-06-30"}` or `{"trigger": "service_retired"}`.'
#     context.owner: The person who will own the account, by any of the person's identities.
#     context.roles: The roles of the account, 1 to 100 of those that the service may have.
#     context.rotation_days: After how many days the credential is rotated.
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
# title: A privileged account needs further approvals
further_requirements contains requirements.further("privileged_role") if _privileged

# METADATA
# title: The account ends on its last day at the latest
# description: >-
#   In UTC. An account that ends at an event lives as long as its tier permits, and has to be requested again.
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
