# METADATA
# title: Requirements
# description: Who has to approve, and how many, according to the settings of the tier.
package approval.lib.requirements

import data.approval.lib.resource
import data.approval.lib.settings

# METADATA
# title: Requirements of a tier
# description: >-
#   "{owner}" in the name of a group stands for the team that owns the resource. Where the owner is unknown the name
#   stays as it is, and no person is in such a group.
of(tier) := {resolved(requirement) | some requirement in settings.tier(tier).requirements}

# METADATA
# title: Further requirement
# description: >-
#   A requirement that the settings of the kind name and its rules apply at any tier. Without settings it cannot be
#   met: it names a group that has no members.
further(name) := resolved(requirement) if requirement := settings.kind.further_requirements[name]

else := {"id": name, "any_of": [concat("", ["{", name, "}"])], "count": 1, "code": name}

# METADATA
# title: Requirement with its groups by name
resolved(requirement) := object.union(requirement, {"any_of": [_named(group) | some group in requirement.any_of]})

# METADATA
# title: Controls of requirements
controls(requirements) := {control |
	some ask in ["somebody_else", "two_persons", "signed_in"]
	some control in _controls(ask, requirements)
}

# METADATA
# title: A second person has to approve
# custom:
#   controls: [AC-5, PR.AA-05]
_controls("somebody_else", requirements) := rego.metadata.rule().custom.controls if count(requirements) > 0

# METADATA
# title: At least two persons have to approve
# custom:
#   controls: [AC-3(2)]
_controls("two_persons", requirements) := rego.metadata.rule().custom.controls if {
	sum([requirement.count | some requirement in requirements]) > 1
}

# METADATA
# title: Approvals have to come from persons who signed in
# custom:
#   controls: [AU-10, PR.AA-03]
_controls("signed_in", requirements) := rego.metadata.rule().custom.controls if {
	some requirement in requirements
	requirement.min_assurance in {"authenticated", "signed"}
}

_named(group) := replace(group, "{owner}", resource.owner) if resource.owner

else := group
