package approval.kinds["emergency_access/secret"]

import data.approval.lib.finding
import data.approval.lib.risk
import data.approval.lib.settings

# METADATA
# title: The access is reviewed afterwards
# description: At every tier, within a short time.
# custom:
#   controls: [AC-2(2), AC-6(7)]
obligations contains finding.obligation("post_access_review", {"within_seconds": seconds}, rego.metadata.rule()) if {
	seconds := settings.tier(_tier).review_after_seconds
}

# METADATA
# title: The session is recorded
# custom:
#   controls: [AC-2(2)]
obligations contains finding.obligation("session_recording", {}, rego.metadata.rule()) if _tier != "low"

# METADATA
# title: The secret is rotated once a person has seen it
# custom:
#   controls: [IA-5, "NHI7:2025"]
obligations contains finding.obligation("rotate_secret", {"within_seconds": seconds}, rego.metadata.rule()) if {
	_tier != "low"
	seconds := settings.kind.limits.rotate_within_seconds
}

_tier := risk.tier(risk.score(factors))
