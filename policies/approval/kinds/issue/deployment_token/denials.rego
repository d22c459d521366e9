package approval.kinds["issue/deployment_token"]

import data.approval.lib.finding
import data.approval.lib.lifetime
import data.approval.lib.resource
import data.approval.lib.scopes

# METADATA
# title: Denials that all credentials of a service share
denials contains denial if some denial in union({resource.denials, lifetime.denials, scopes.denials})

# METADATA
# title: The pipeline is not registered for the service
# custom:
#   controls: ["NHI5:2025", AC-6]
denials contains finding.denial("service_not_permitted", rego.metadata.rule()) if {
	_pipeline
	resource.known
	not _service_permitted
}

# METADATA
# title: The pipeline is not registered for the environment of the resource
# custom:
#   controls: ["NHI8:2025", AC-6]
denials contains finding.denial("environment_not_permitted", rego.metadata.rule()) if {
	_pipeline
	resource.known
	not _environment_permitted
}

# METADATA
# title: The pipeline is not registered for one of the scopes
# custom:
#   controls: ["NHI5:2025", AC-6]
denials contains finding.denial("scope_not_permitted", rego.metadata.rule()) if {
	_pipeline
	some scope in scopes.requested
	not _scope_permitted(scope)
}

# METADATA
# title: The request does not report a check that the pipeline requires (checks)
# custom:
#   controls: [T4, PR.AA-05]
denials contains finding.denial("checks_missing", rego.metadata.rule()) if {
	some check in _pipeline.required_checks
	not _reported(check)
}

# METADATA
# title: A check that the pipeline requires did not pass
# custom:
#   controls: [T4, PR.AA-05]
denials contains finding.denial("checks_failed", rego.metadata.rule()) if {
	some check in _pipeline.required_checks
	_reported(check)
	not _passed(check)
}

_service_permitted if resource.service in _pipeline.services

_environment_permitted if resource.environment in _pipeline.environments

_scope_permitted(scope) if scope in _pipeline.scopes

_reported(check) if {
	is_object(input.request.context.checks)
	check in object.keys(input.request.context.checks)
}

_passed(check) if input.request.context.checks[check] == "passed"
