package approval.kinds["onboard/service_account"]

import data.approval.lib.finding
import data.approval.lib.person
import data.approval.lib.resource

# METADATA
# title: The request does not name the person who is to own the account (owner)
# custom:
#   controls: ["NHI1:2025", AC-2]
denials contains finding.denial("owner_missing", rego.metadata.rule()) if not _owner_named

# METADATA
# title: The named owner is not a person that the organisation knows
# custom:
#   controls: ["NHI1:2025", PR.AA-02]
denials contains finding.denial("owner_unknown", rego.metadata.rule()) if {
	_owner_named
	not _owner_known
}

# METADATA
# title: The named owner has left the organisation or is suspended
# custom:
#   controls: ["NHI1:2025", AC-2]
denials contains finding.denial("owner_inactive", rego.metadata.rule()) if {
	_owner_known
	not _owner_active
}

# METADATA
# title: The named owner is not a member of the team that owns the service
# custom:
#   controls: ["NHI1:2025", AC-2]
denials contains finding.denial("owner_not_of_team", rego.metadata.rule()) if {
	_owner_known
	resource.known
	not _owner_of_team
}

# METADATA
# title: The approver is the person who is to own the account
# custom:
#   controls: [AC-5, PR.AA-05]
refusals contains finding.refusal(approval.id, "approver_is_owner", rego.metadata.rule()) if {
	some approval in input.approvals
	approval.approver.person == _owner
}

# METADATA
# title: The owner is recorded in the inventory
# custom:
#   controls: ["NHI1:2025", AC-2]
obligations contains finding.obligation("record_owner", {"owner": _owner}, rego.metadata.rule()) if _owner_known

# countersign ignore:asserted-fact who is to own the account is asked for; whether they may, data say
_owner_asked_for := input.request.context.owner

_owner := data.identities[_owner_asked_for]

_owner_named if {
	is_string(_owner_asked_for)
	_owner_asked_for != ""
}

_owner_known if data.organisation.people[_owner]

_owner_active if data.organisation.people[_owner].active == true

_owner_of_team if resource.owner in person.groups_of(_owner)
