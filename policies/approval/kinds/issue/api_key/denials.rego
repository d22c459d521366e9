package approval.kinds["issue/api_key"]

import data.approval.lib.justification
import data.approval.lib.lifetime
import data.approval.lib.ownership
import data.approval.lib.person
import data.approval.lib.resource
import data.approval.lib.scopes

# METADATA
# title: What is denied for every credential of a service that a person of the owning team asks for
denials := union({
	person.denials,
	ownership.denials,
	resource.denials,
	lifetime.denials,
	scopes.denials,
	justification.denials,
})
