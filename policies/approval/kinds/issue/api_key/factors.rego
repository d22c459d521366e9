package approval.kinds["issue/api_key"]

import data.approval.lib.lifetime
import data.approval.lib.resource
import data.approval.lib.scopes

# METADATA
# title: What weighs on every credential of a service, and how long the key is to live
factors := union({resource.factors, resource.review_factors, scopes.factors, lifetime.factors})
