# METADATA
# title: A developer requests an API key
# description: >-
#   The owning team's own people may ask. Data say which team that is, how sensitive the service is and whether it
#   passed a security review. The higher the risk, the more of the owner's leads and of security look at it first.
# custom:
#   inputs:
#     context.ttl_seconds: For how many seconds. Who does not say gets no more than {long_lifetime_seconds}.
package approval.kinds["issue/api_key"]

import data.approval.lib.evaluation
import data.approval.lib.finding
import data.approval.lib.person
import data.approval.lib.resource
import data.approval.lib.risk
import data.approval.lib.scopes

# METADATA
# title: Decision
# custom:
#   controls: [PR.AA-01, PR.AA-05, AC-24]
decision := evaluation.of(
	{"factors": factors, "denials": denials, "obligations": obligations, "facts": facts},
	rego.metadata.rule(),
)

# METADATA
# title: What whoever grants a credential of a service has to do
obligations contains obligation if some obligation in scopes.obligations

# METADATA
# title: The key goes straight into a secret store
# description: Above the lowest tier nobody gets to see it or to paste it anywhere.
# custom:
#   controls: [IA-5]
obligations contains finding.obligation("store_in_secret_manager", {}, rego.metadata.rule()) if {
	risk.tier(risk.score(factors)) != "low"
}

# METADATA
# title: Facts
facts := union({person.facts, resource.facts, resource.review_facts})
