package approval.kinds["issue/api_key"]

import data.approval.lib.finding
import data.approval.lib.lifetime
import data.approval.lib.resource
import data.approval.lib.risk
import data.approval.lib.scopes
import data.approval.lib.settings

# METADATA
# title: What weighs on every credential of a service
# custom:
#   owner: security-engineering
#   controls: []
factors contains factor if some factor in union({resource.factors, resource.review_factors, scopes.factors})

# METADATA
# title: The key is to live long
# custom:
#   owner: security-engineering
#   controls: [T4, "NHI7:2025"]
factors contains finding.factor(
	"lifetime",
	risk.weight("lifetime", "long"),
	lifetime.requested,
	rego.metadata.rule(),
) if {
	lifetime.requested > settings.kind.limits.long_lifetime_seconds
}
