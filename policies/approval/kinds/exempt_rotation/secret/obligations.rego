package approval.kinds["exempt_rotation/secret"]

import data.approval.lib.finding
import data.approval.lib.risk
import data.approval.lib.settings

# METADATA
# title: The compensating control stays in place
# custom:
#   controls: [IA-5]
obligations contains finding.obligation("keep_compensating_control", {"control": _control}, rego.metadata.rule()) if {
	_control_in_place
}

# METADATA
# title: The exemption is reviewed
# custom:
#   controls: [AC-6(7), T7]
obligations contains finding.obligation("review_exemption", {"within_seconds": seconds}, rego.metadata.rule()) if {
	seconds := settings.tier(risk.tier(risk.score(factors))).review_after_seconds
}

# METADATA
# title: The secret is rotated when the exemption ends
# custom:
#   controls: [IA-5, "NHI7:2025"]
obligations contains finding.obligation("rotate_at_end", {}, rego.metadata.rule())
