package approval.kinds["exempt_rotation/secret"]

import data.approval.lib.finding
import data.approval.lib.instant
import data.approval.lib.justification
import data.approval.lib.lifetime
import data.approval.lib.ownership
import data.approval.lib.person
import data.approval.lib.resource
import data.approval.lib.settings

# METADATA
# title: Denials of the shared rules
denials contains denial if {
	some denial in union({
		person.denials,
		ownership.denials,
		resource.denials,
		lifetime.denials,
		justification.denials,
	})
}

# METADATA
# title: The request does not name a compensating control (compensating_control)
# custom:
#   controls: [IA-5, "NHI7:2025"]
denials contains finding.denial("compensating_control_missing", rego.metadata.rule()) if not _control

# METADATA
# title: The compensating control is not in the organisation's data
# custom:
#   controls: [IA-5, "NHI7:2025"]
denials contains finding.denial("compensating_control_unknown", rego.metadata.rule()) if {
	_control
	not _control_known
}

# METADATA
# title: The compensating control is not in place for this secret
# custom:
#   controls: [IA-5, "NHI7:2025"]
denials contains finding.denial("compensating_control_not_in_place", rego.metadata.rule()) if {
	_control_known
	resource.known
	not _control_in_place
}

# METADATA
# title: The request does not say when the exemption ends (ends_at)
# custom:
#   controls: ["NHI1:2025", "NHI7:2025"]
denials contains finding.denial("end_missing", rego.metadata.rule()) if not _end_stated

# METADATA
# title: ends_at is not a date and time with an offset, such as 2027-01-31T12:00:00Z (RFC 3339)
# custom:
#   controls: ["NHI1:2025", "NHI7:2025"]
denials contains finding.denial("end_invalid", rego.metadata.rule()) if {
	_end_stated
	not _ends_ns
}

# METADATA
# title: ends_at is not in the future
# custom:
#   controls: ["NHI7:2025"]
denials contains finding.denial("end_passed", rego.metadata.rule()) if {
	_ends_ns
	not _end_ahead
}

# METADATA
# title: ends_at is later than the longest exemption allows
# custom:
#   controls: ["NHI7:2025"]
denials contains finding.denial("end_too_late", rego.metadata.rule()) if {
	_ends_ns
	not _end_near
}

_end_ahead if _ends_ns > instant.now_ns

_end_near if _ends_ns <= instant.plus_seconds(instant.now_ns, settings.kind.limits.longest_exemption_seconds)
