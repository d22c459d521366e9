# METADATA
# title: A pipeline requests a deployment token
# description: >-
#   A registered pipeline, through its own client, gets a short-lived token for the services, environments and scopes
#   that it is registered for, once its checks have passed. Where the risk is low, no approval is needed.
# custom:
#   inputs:
#     subject: The pipeline, by the id under which it is registered.
#     context.checks: 'The results of the checks of the pipeline, such as `{"unit-tests": "passed"}`.'
package approval.kinds["issue/deployment_token"]

import data.approval.lib.evaluation
import data.approval.lib.finding
import data.approval.lib.resource
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
# title: The token is revoked when the run ends
# custom:
#   controls: [T3, "NHI7:2025"]
obligations contains finding.obligation("revoke_after_run", {}, rego.metadata.rule())

# METADATA
# title: Facts
# scope: document
facts contains fact if some fact in (resource.facts | resource.review_facts)

facts contains {"name": "caller_client", "source": "caller.client"} if input.caller.client

facts contains {"name": "caller_claims", "source": "caller.claims"} if _pipeline.claims

facts contains finding.fact(member, ["organisation.pipelines", input.request.subject.id, member]) if {
	some member in object.keys(_pipeline)
	member in {"clients", "claims", "services", "environments", "scopes", "required_checks"}
}
