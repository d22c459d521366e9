package approval.kinds["issue/api_key"]

import data.approval.lib.lifetime
import data.approval.lib.resource
import data.approval.lib.scopes

# METADATA
# title: Risk factors of the shared rules
factors := union({resource.factors, resource.review_factors, scopes.factors, lifetime.factors})
