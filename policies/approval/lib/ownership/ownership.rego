# METADATA
# title: Ownership
# description: For the kinds that only the people of the owning team may ask for.
package approval.lib.ownership

import data.approval.lib.finding
import data.approval.lib.person
import data.approval.lib.resource

# METADATA
# title: The subject is not a member of the team that owns the service
# custom:
#   controls: [PR.AA-05, AC-6]
denials contains finding.denial("not_service_owner", rego.metadata.rule()) if {
	person.known
	resource.known
	not _of_owning_team
}

_of_owning_team if resource.owner in person.groups
