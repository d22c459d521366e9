package approval.kinds["exempt_rotation/secret"]

import data.approval.lib.instant
import data.approval.lib.request
import data.approval.lib.resource

_control := text if {
	text := input.request.context.compensating_control
	is_string(text)
}

_control_known if data.organisation.compensating_controls[_control]

_control_in_place if _control in resource.entry.compensating_controls

_end_stated if request.states("ends_at")

_ends_ns := instant.stated(input.request.context.ends_at)

# Earlier exemptions that were granted. The history is of this secret and of this person, and does not tell which: who
# gathers exemptions for many secrets is looked at like who renews one.
_granted contains earlier.case if {
	some earlier in input.history
	earlier.kind == input.kind
	earlier.outcome == "allow"
}
