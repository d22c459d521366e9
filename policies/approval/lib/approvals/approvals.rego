# METADATA
# title: Approvals
# description: >-
#   Which of the verdicts so far, rejections included, may count for which group. The engine does the counting. It
#   refuses some approvals under any policy, and the rules here report these too, so that the record names the
#   controls.
# custom:
#   inputs:
#     context.requested_by: >-
#       The person on whose behalf the caller asks; that person cannot approve. Above the tier medium, only clients
#       of the setting `vouching_clients` and the person's own token may name this person.
package approval.lib.approvals

import data.approval.lib.finding

# METADATA
# title: Eligible approvals
# description: Each pair of an approval and a group that a requirement asks for and that the approver is in.
eligible(requirements) := {{"approval": approval.id, "group": group} |
	some approval in input.approvals
	not approval.id in _refused
	some requirement in requirements
	some group in requirement.any_of
	_in_group(approval.approver, group)
}

# METADATA
# title: Ineligible approvals
ineligible(requirements) := refusals | {refusal |
	listed := {pair.approval | some pair in eligible(requirements)}
	some approval in input.approvals
	not approval.id in (listed | _refused)
	refusal := outsider(approval.id)
}

# METADATA
# title: The approver is in none of the groups that the requirements name
# custom:
#   controls: [PR.AA-05]
outsider(approval) := finding.refusal(approval, "approver_not_in_group", rego.metadata.rule())

# METADATA
# title: The approver is not a person that the organisation knows
# custom:
#   controls: [PR.AA-03, AU-10]
refusals contains finding.refusal(approval.id, "person_unknown", rego.metadata.rule()) if {
	some approval in input.approvals
	not _known(approval.approver)
}

# METADATA
# title: The approver has left the organisation or is suspended
# custom:
#   controls: [AC-2, "NHI1:2025"]
refusals contains finding.refusal(approval.id, "approver_inactive", rego.metadata.rule()) if {
	some approval in input.approvals
	_known(approval.approver)
	not _active(approval.approver)
}

# METADATA
# title: The approver is the subject, under any identity
# custom:
#   controls: [AC-5, PR.AA-05]
refusals contains finding.refusal(approval.id, "approver_is_subject", rego.metadata.rule()) if {
	some approval in input.approvals
	approval.approver.person == data.identities[input.request.subject.id]
}

# METADATA
# title: The approver is the person behind the calling client
# custom:
#   controls: [AC-5, PR.AA-05]
refusals contains finding.refusal(approval.id, "approver_is_caller", rego.metadata.rule()) if {
	some approval in input.approvals
	approval.approver.person in _behind_caller
}

# METADATA
# title: The approver is the requester (requested_by)
# custom:
#   controls: [AC-5, PR.AA-05]
refusals contains finding.refusal(approval.id, "approver_is_requester", rego.metadata.rule()) if {
	some approval in input.approvals
	approval.approver.person == data.identities[input.request.context.requested_by]
}

_refused contains refusal.approval if some refusal in refusals

_behind_caller contains input.caller.person

_behind_caller contains data.identities[input.caller.principal]

_known(approver) if data.organisation.people[approver.person]

_active(approver) if data.organisation.people[approver.person].active == true

_in_group(approver, group) if group in approver.groups

# "on-call:<team>" is no group of the organisation; who is in it is a fact of the rota.
_in_group(approver, group) if {
	startswith(group, "on-call:")
	approver.person in data.organisation.on_call[trim_prefix(group, "on-call:")]
}

# "sponsor:<vendor>" is one person: whoever is responsible for the vendor.
_in_group(approver, group) if {
	startswith(group, "sponsor:")
	approver.person == data.organisation.vendors[trim_prefix(group, "sponsor:")].sponsor
}
