# METADATA
# title: A team renews the certificate of a workload
# description: >-
#   The team that owns the service, or the team that keeps the certificate for it, may renew it shortly before it
#   expires. In a low environment and inside the change window no approval is needed. Outside of the window change
#   management approves. A freeze names the people who can lift it.
# custom:
#   inputs:
#     subject: The person who asks, by any of the person's identities.
#     context.key_type: The type of the key pair, such as `ecdsa-p256`.
package approval.kinds["renew/certificate"]

import data.approval.lib.change_window
import data.approval.lib.evaluation
import data.approval.lib.finding
import data.approval.lib.person
import data.approval.lib.resource

# METADATA
# title: Decision
# custom:
#   controls: [PR.AA-01, PR.AA-05, AC-24]
decision := evaluation.of(
	{
		"factors": factors,
		"denials": denials,
		"obligations": obligations,
		"facts": facts,
		"requirements": change_window.required,
	},
	rego.metadata.rule(),
)

# METADATA
# title: Obligations of the change window
obligations contains obligation if some obligation in change_window.obligations

# METADATA
# title: The renewed certificate has a new key pair
# description: A key that outlives its certificate is a long-lived secret.
# custom:
#   controls: [IA-5, "NHI7:2025"]
obligations contains finding.obligation("new_key_pair", {"key_type": key_type}, rego.metadata.rule()) if {
	_key_type_permitted
	key_type := input.request.context.key_type
}

# METADATA
# title: The old certificate is revoked once the new one is in use
# custom:
#   controls: ["NHI1:2025", IA-5]
obligations contains finding.obligation("revoke_replaced_certificate", {}, rego.metadata.rule()) if not _expired

# METADATA
# title: Facts
# scope: document
facts contains fact if some fact in union({person.facts, resource.facts, change_window.facts})

facts contains finding.fact(member, [
	"organisation.resources.certificate",
	input.request.resource.id,
	concat(".", ["certificate", member]),
]) if {
	some member in object.keys(_certificate)
}
