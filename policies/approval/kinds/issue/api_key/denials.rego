package approval.kinds["issue/api_key"]

import data.approval.lib.justification
import data.approval.lib.lifetime
import data.approval.lib.ownership
import data.approval.lib.person
import data.approval.lib.resource
import data.approval.lib.scopes

# METADATA
# title: Denials of the shared rules
denials := union({
	person.denials,
	ownership.denials,
	resource.denials,
	lifetime.denials,
	scopes.denials,
	justification.denials,
})
