package approval.kinds["elevate/role"]

import data.approval.lib.finding
import data.approval.lib.resource
import data.approval.lib.risk

# METADATA
# title: What weighs on everything that belongs to a service
factors contains factor if some factor in resource.factors

# METADATA
# title: What the role can do
# custom:
#   controls: [T4, AC-6]
factors contains finding.factor("privilege", risk.weight("privilege", _privilege), _privilege, rego.metadata.rule())

# METADATA
# title: Standing or just in time
# description: Neither is denied, and weighs as much as standing, so that it never looks like little risk.
# custom:
#   controls: [T4, T3]
factors contains finding.factor("elevation", risk.weight("elevation", _elevation), _elevation, rego.metadata.rule())
