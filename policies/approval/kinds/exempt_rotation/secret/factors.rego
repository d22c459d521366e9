package approval.kinds["exempt_rotation/secret"]

import data.approval.lib.finding
import data.approval.lib.history
import data.approval.lib.instant
import data.approval.lib.resource
import data.approval.lib.risk
import data.approval.lib.settings

# METADATA
# title: Risk factors of the shared rules
factors contains factor if some factor in resource.factors

# METADATA
# title: The requested exemption is long
# custom:
#   controls: [T4, "NHI7:2025"]
factors contains finding.factor(
	"length",
	risk.weight("length", "long"),
	input.request.context.ends_at,
	rego.metadata.rule(),
) if {
	_ends_ns # First: without it nothing below is asked.
	_ends_ns > instant.plus_seconds(instant.now_ns, settings.kind.limits.long_exemption_seconds)
}

# METADATA
# title: The secret had an earlier exemption
# custom:
#   controls: [T4, T7, "NHI7:2025"]
factors contains finding.factor(
	"renewal",
	risk.weight("renewal", "granted"),
	count(history.of_resource),
	rego.metadata.rule(),
) if {
	count(history.of_resource) > 0
}

# METADATA
# title: The person had earlier exemptions for other secrets
# custom:
#   controls: [T4, T7, "NHI7:2025"]
factors contains finding.factor(
	"gathered_exemptions",
	risk.weight("renewal", "other_secret"),
	_gathered,
	rego.metadata.rule(),
) if {
	_gathered > 0
}
