package approval.kinds["elevate/role"]

import data.approval.lib.finding
import data.approval.lib.resource
import data.approval.lib.risk

# METADATA
# title: Risk factors of the shared rules
factors contains factor if some factor in resource.factors

# METADATA
# title: The privilege of the role
# custom:
#   controls: [T4, AC-6]
factors contains finding.factor("privilege", risk.weight("privilege", _privilege), _privilege, rego.metadata.rule())

# METADATA
# title: Standing or just in time
# description: A missing value is denied, and weighs as much as standing.
# custom:
#   controls: [T4, T3]
factors contains finding.factor("elevation", risk.weight("elevation", _elevation), _elevation, rego.metadata.rule())
