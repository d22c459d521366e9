# METADATA
# title: A vendor gets access
# description: >-
#   The data say which vendor the access belongs to, who in the organisation sponsors the vendor, when the contract
#   ends and which scopes it covers. The sponsor approves, but never alone. No access outlasts the contract, and none
#   is granted without an approval.
# custom:
#   inputs:
#     subject: The person at the vendor who gets the access, by any of the person's identities.
package approval.kinds["grant/third_party_access"]

import data.approval.lib.evaluation
import data.approval.lib.finding
import data.approval.lib.instant
import data.approval.lib.person
import data.approval.lib.requirements
import data.approval.lib.resource
import data.approval.lib.scopes

# METADATA
# title: Decision
# custom:
#   controls: ["NHI3:2025", PS-7, PR.AA-05, AC-24]
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
# title: Risk factors of the shared rules
factors := resource.factors | scopes.factors

# METADATA
# title: The sponsor approves
# description: >-
#   In addition to the approvals of the tier. Each person fills one place, so the sponsor is never the only approver.
#   "{vendor}" in the name of a group stands for the vendor.
further_requirements contains object.union(requirement, {"any_of": groups}) if {
	requirement := requirements.further("sponsor")
	groups := [_named(group) | some group in requirement.any_of]
}

# METADATA
# title: The access ends with the contract at the latest
at_most_seconds contains instant.seconds_until(_contract_ends_ns) if _contract_ends_ns

# METADATA
# title: Facts
# scope: document
facts contains fact if some fact in (person.facts | resource.facts)

facts contains finding.fact("vendor", [_accesses, input.request.resource.id, "vendor"]) if _vendor

facts contains finding.fact(name, ["organisation.vendors", _vendor_id, member]) if {
	some name, member in {
		"contract": "contract_ends_at",
		"contract_scopes": "scopes",
		"sponsor": "sponsor",
		"vendor_group": "group",
	}
	_vendor[member]
}

facts contains finding.fact("sponsor_active", ["organisation.people", _vendor.sponsor, "active"])

facts contains finding.fact("third_parties", ["config.kinds", input.kind, "groups.third_parties"])

_accesses := "organisation.resources.third_party_access"

_named(group) := replace(group, "{vendor}", _vendor_id) if _vendor

else := group
