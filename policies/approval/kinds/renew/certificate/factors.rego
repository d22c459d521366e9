package approval.kinds["renew/certificate"]

import data.approval.lib.change_window
import data.approval.lib.finding
import data.approval.lib.instant
import data.approval.lib.lifetime
import data.approval.lib.resource
import data.approval.lib.risk

# METADATA
# title: What weighs on every change of what belongs to a service
factors contains factor if some factor in union({resource.factors, lifetime.factors, change_window.factors})

# METADATA
# title: The certificate has expired
# description: Nobody renewed it in time, and whatever relied on it has failed since, or does not look at it.
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
# description: It weighs as much as any, and is not repeated, whatever it holds.
# custom:
#   controls: [T4, IA-5]
factors contains finding.factor("key_type", risk.weight("key_type", null), null, rego.metadata.rule()) if {
	not _key_type_permitted
}

_expired if instant.parse(_certificate.not_after) <= instant.now_ns
