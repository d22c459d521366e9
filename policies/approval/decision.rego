# METADATA
# scope: subpackages
# schemas:
#   - input: schema.input
#   - data.config: schema.config
#   - data.identities: schema.identities
#   - data.organisation: schema.organisation
# custom:
#   owner: security-engineering

# METADATA
# title: Approval decision
# description: The entrypoint. It holds no rule of any kind; each kind of request is a package of its own.
package approval

# METADATA
# title: Decision
# description: >-
#   What the policy of the request's kind says. A kind without a policy, or one whose policy says nothing, is denied at
#   the highest tier, with no requirement that could be met and no lifetime that could be granted.
# scope: document
# entrypoint: true
# custom:
#   controls: [PR.AA-05, AC-24]
#   sentences:
#     kind_unknown: No policy covers this kind of request
default decision := {
	"tier": "critical",
	"score": 0,
	"factors": [],
	"denials": [{"code": "kind_unknown"}],
	"requirements": [],
	"eligible": [],
	"ineligible": [],
	"obligations": [],
	"max_ttl_seconds": 0,
	"approval_ttl_seconds": 0,
	"review_after_seconds": 0,
	"controls": ["AC-24", "PR.AA-05"],
	"facts": [],
}

decision := data.approval.kinds[input.kind].decision
