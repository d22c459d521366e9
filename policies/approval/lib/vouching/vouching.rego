# METADATA
# title: Vouching
# description: >-
#   Which statements of a client about persons are believed above the tier medium. The client that opened a case
#   cannot also report the verdicts in it, and cannot name the requester, unless the data trust it.
package approval.lib.vouching

import data.approval.lib.finding
import data.approval.lib.request

# METADATA
# title: Denials at a tier
denials_at(tier) := denials if _guarded(tier)

else := set()

# METADATA
# title: Refusals of approvals at a tier
refusals_at(tier) := refusals if _guarded(tier)

else := set()

# METADATA
# title: >-
#   Above the tier medium, the calling client may not name the requester (requested_by). Use a client that the setting
#   vouching_clients lists, or a token of that person
# description: >-
#   context.requested_by counts from a client that data name for it (data.config.shared.vouching_clients), and where it
#   names the person behind the caller's own token.
# custom:
#   controls: [AC-5, PR.AA-03, PR.AA-04]
denials contains finding.denial("requester_unverified", rego.metadata.rule()) if {
	request.states("requested_by")
	not _requester_verified
}

# METADATA
# title: >-
#   The client that opened the case reports the verdict itself. Above the tier medium, the approver has to sign in or
#   sign, or another client has to report it
# description: >-
#   Approvals and rejects alike. It counts from a client that data name as a system of record for approvals
#   (data.config.shared.approval_systems), and from persons with a token or a key of their own, whoever hands it in.
# custom:
#   controls: [AC-5, AU-10, PR.AA-03]
refusals contains finding.refusal(approval.id, "asserted_by_opener", rego.metadata.rule()) if {
	some approval in input.approvals
	not _vouched_for(approval)
}

_guarded(tier) if tier in {"high", "critical"}

_requester_verified if input.caller.client in data.config.shared.vouching_clients

_requester_verified if data.identities[input.request.context.requested_by] == input.caller.person

_vouched_for(approval) if approval.approver.assurance in {"authenticated", "signed"}

_vouched_for(approval) if approval.submitted_by.client != input.caller.client

_vouched_for(approval) if approval.submitted_by.client in data.config.shared.approval_systems
