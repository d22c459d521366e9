package approval.kinds["issue/deployment_token"]

import data.approval.lib.resource
import data.approval.lib.scopes

# METADATA
# title: What weighs on every credential of a service
factors := union({resource.factors, resource.review_factors, scopes.factors})
