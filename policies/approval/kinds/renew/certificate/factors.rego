package approval.kinds["renew/certificate"]

import data.approval.lib.change_window
import data.approval.lib.finding
import data.approval.lib.instant
import data.approval.lib.lifetime
import data.approval.lib.resource
import data.approval.lib.risk

# METADATA
# title: Risk factors of the shared rules
factors contains factor if some factor in union({resource.factors, lifetime.factors, change_window.factors})

# METADATA
# title: The certificate has expired
# description: >-
#   It was not renewed in time: whatever verifies it has failed since.
# custom:
#   controls: [T4]
factors contains finding.factor(
	"expiry",
	risk.weight("expiry", "expired"),
	_certificate.not_after,
	rego.metadata.rule(),
) if {
	_expired
}

# METADATA
# title: Key type
# custom:
#   controls: [T4, IA-5]
factors contains finding.factor("key_type", risk.weight("key_type", key_type), key_type, rego.metadata.rule()) if {
	_key_type_permitted
	key_type := input.request.context.key_type
}

# METADATA
# title: The key type is not permitted
# description: Weighs as much as the heaviest key type. The value itself is not repeated.
# custom:
#   controls: [T4, IA-5]
factors contains finding.factor("key_type", risk.weight("key_type", null), null, rego.metadata.rule()) if {
	not _key_type_permitted
}

_expired if instant.parse(_certificate.not_after) <= instant.now_ns
