# METADATA
# title: Evaluation
# description: Puts the findings of a kind's rules into the one shape that the engine takes.
package approval.lib.evaluation

import data.approval.lib.approvals
import data.approval.lib.lifetime
import data.approval.lib.requirements
import data.approval.lib.risk
import data.approval.lib.vouching

# METADATA
# title: Evaluation of findings
# description: >-
#   findings: {factors, denials, obligations, facts}, and where a kind has them: requirements besides those of the tier,
#   at_most_seconds, a set of lengths that what is asked for must not outlive, requested_seconds, a set of lengths that
#   the request asks for by other words than ttl_seconds, and refusals of approvals that cannot count for reasons of its
#   own. The controls are those of the rules that fired, and those of the kind's own decision rule.
of(findings, rule) := object.union(lifetimes, {
	"tier": tier,
	"score": score,
	"factors": _without_controls(findings.factors),
	"denials": _without_controls(denials),
	"requirements": required,
	"eligible": {pair | some pair in approvals.eligible(required); not pair.approval in barred},
	"ineligible": _without_controls(refusals),
	"obligations": _without_controls(findings.obligations),
	"controls": ((controls | lifetime.controls) | requirements.controls(required)),
	"facts": findings.facts,
}) if {
	score := risk.score(findings.factors)
	tier := risk.tier(score)
	denials := findings.denials | vouching.denials_at(tier)
	required := requirements.of(tier) | object.get(findings, "requirements", set())
	lifetimes := object.union(
		lifetime.limits(tier, object.get(findings, "at_most_seconds", set())),
		lifetime.asked(object.get(findings, "requested_seconds", set())),
	)
	further_refusals := object.get(findings, "refusals", set()) | vouching.refusals_at(tier)
	barred := {refusal.approval | some refusal in further_refusals}
	refusals := approvals.ineligible(required) | further_refusals
	fired := union({findings.factors, denials, findings.obligations, refusals, {object.get(rule, "custom", {})}})
	controls := {control | some finding in fired; some control in finding.controls}
}

_without_controls(found) := {object.remove(finding, ["controls"]) | some finding in found}
