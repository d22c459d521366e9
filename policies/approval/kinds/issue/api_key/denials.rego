package approval.kinds["issue/api_key"]

import data.approval.lib.finding
import data.approval.lib.lifetime
import data.approval.lib.person
import data.approval.lib.request
import data.approval.lib.resource
import data.approval.lib.scopes
import data.approval.lib.settings

# METADATA
# title: What is denied for every credential of a service that a person asks for
# custom:
#   owner: security-engineering
#   controls: []
denials contains denial if some denial in union({person.denials, resource.denials, lifetime.denials, scopes.denials})

# METADATA
# title: Subject is not of the team that owns the service
# custom:
#   owner: security-engineering
#   controls: [PR.AA-05, AC-6]
denials contains finding.denial("not_service_owner", rego.metadata.rule()) if {
	person.known
	resource.known
	not _of_owning_team
}

# METADATA
# title: Nobody says what the key is for
# custom:
#   owner: security-engineering
#   controls: [PR.AA-05, AC-2]
denials contains finding.denial("justification_missing", rego.metadata.rule()) if not _justification_given

_of_owning_team if resource.owner in person.groups

_justification_given if request.text_given("justification", settings.kind.limits.minimum_justification_length)
