package approval.kinds["elevate/role"]

import data.approval.lib.finding
import data.approval.lib.justification
import data.approval.lib.lifetime
import data.approval.lib.person
import data.approval.lib.resource

# METADATA
# title: Denials of the shared rules
denials contains denial if {
	some denial in union({person.denials, resource.denials, lifetime.denials, justification.denials})
}

# METADATA
# title: The request does not say whether the role is standing or just_in_time (elevation)
# custom:
#   controls: [AC-6, T3]
denials contains finding.denial("elevation_missing", rego.metadata.rule()) if not _elevation_stated

# METADATA
# title: The request does not say how long the access should last (ttl_seconds)
# custom:
#   controls: [T3, AC-6]
denials contains finding.denial("expiry_missing", rego.metadata.rule()) if {
	_just_in_time
	not lifetime.stated
}

# METADATA
# title: The subject is in none of the groups that may have the role
# custom:
#   controls: [PR.AA-05, AC-6]
denials contains finding.denial("not_eligible_for_role", rego.metadata.rule()) if {
	person.known
	resource.known
	not _may_have_the_role
}

# METADATA
# title: The subject already has the role, or the data do not say who has it
# description: Or nobody can say, since the data do not name the standing holders.
# custom:
#   controls: [AC-2, AC-6]
denials contains finding.denial("role_held_already", rego.metadata.rule()) if {
	person.known
	resource.known
	not _lacks_the_role
}

_may_have_the_role if {
	some group in resource.entry.eligible_groups
	group in person.groups
}

_lacks_the_role if {
	holders := resource.entry.standing_holders
	not person.id in holders
}
