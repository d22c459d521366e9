package approval.kinds["onboard/service_account"]

import data.approval.lib.finding

# METADATA
# title: The account has these roles and no others
# custom:
#   controls: ["NHI5:2025", AC-6]
obligations contains finding.obligation("limit_roles", {"roles": sort(_roles)}, rego.metadata.rule())

# METADATA
# title: The credential is rotated as planned
# custom:
#   controls: ["NHI7:2025", IA-5]
obligations contains finding.obligation("rotate_credential", {"every_days": _rotation_days}, rego.metadata.rule())

# METADATA
# title: The account ends as planned
# custom:
#   controls: ["NHI1:2025", AC-2]
obligations contains finding.obligation("offboard", _offboarding, rego.metadata.rule()) if {
	_offboarding_stated
	_offboarding_valid
}

# METADATA
# title: No person signs in with the account
# custom:
#   controls: ["NHI10:2025"]
obligations contains finding.obligation("forbid_interactive_login", {}, rego.metadata.rule())
