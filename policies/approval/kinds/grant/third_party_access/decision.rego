# METADATA
# title: Somebody of a vendor is to get access
# description: >-
#   Data say whose access it is, who of ours is responsible for that vendor, until when the contract runs and what it
#   covers. The sponsor approves and never alone, no access outlives the contract, and none is given without a person.
# custom:
#   inputs:
#     subject: The vendor's person who is to get it, under any identity of theirs.
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
# title: What weighs on access to a service
factors := resource.factors | scopes.factors

# METADATA
# title: The sponsor approves
# description: >-
#   Besides those whom the tier asks for, and each person fills one place: the sponsor is never the only one. "{vendor}"
#   in a group's name stands for the vendor.
further_requirements contains object.union(requirement, {"any_of": groups}) if {
	requirement := requirements.further("sponsor")
	groups := [_named(group) | some group in requirement.any_of]
}

# METADATA
# title: The access never outlives the contract
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
