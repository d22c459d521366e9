package approval.kinds["issue/deployment_token"]

import data.approval.lib.resource
import data.approval.lib.scopes

# METADATA
# title: Risk factors of the shared rules
factors := union({resource.factors, resource.review_factors, scopes.factors})
