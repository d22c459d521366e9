# METADATA
# title: A developer requests an API key
# description: >-
#   Members of the owning team may request it. The data say which team that is, how sensitive the service is and
#   whether it passed a security review. The higher the risk, the more leads of the owning team and members of
#   security have to approve.
# custom:
#   inputs:
#     context.ttl_seconds: The lifetime in seconds. Without it, at most {long_lifetime_seconds}.
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
# title: Obligations that all credentials of a service share
obligations contains obligation if some obligation in scopes.obligations

# METADATA
# title: The key is stored in a secret manager
# description: Above the lowest tier no person sees it or copies it.
# custom:
#   controls: [IA-5]
obligations contains finding.obligation("store_in_secret_manager", {}, rego.metadata.rule()) if {
	risk.tier(risk.score(factors)) != "low"
}

# METADATA
# title: Facts
facts := union({person.facts, resource.facts, resource.review_facts})
