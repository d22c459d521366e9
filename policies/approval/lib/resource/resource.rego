# METADATA
# title: Resource
# description: >-
#   What the organisation's data say about the requested resource. Its id is only looked up: neither the id nor the
#   request's properties say anything about environment, classification or owner.
# custom:
#   inputs:
#     resource: Its type and id, as in the data.
package approval.lib.resource

import data.approval.lib.finding
import data.approval.lib.instant
import data.approval.lib.risk
import data.approval.lib.settings

# METADATA
# title: Entry
# description: What the data say about the resource itself. Kinds read members of their own here.
entry := data.organisation.resources[input.request.resource.type][input.request.resource.id]

# METADATA
# title: Service
# description: The id of the service that the resource belongs to.
service := entry.service

# METADATA
# title: Owner
# description: The team that owns the service.
owner := _service.owner

# METADATA
# title: Environment
environment := entry.environment

# METADATA
# title: Classification
# description: That of the resource where it has one of its own, else that of its service.
classification := object.get(entry, "classification", _service.classification)

# METADATA
# title: Known resource
# description: A resource is known once all that the rules ask about it is known.
known if {
	owner
	environment
	classification
}

# METADATA
# title: Security review in force
# description: The service passed a security review, and that review has not run out.
reviewed if {
	instant.parse(_service.security_review.passed_at) <= instant.now_ns
	instant.parse(_service.security_review.valid_until) > instant.now_ns
}

# METADATA
# title: The organisation's data lack the resource, or its owner, environment or classification
# custom:
#   controls: [AC-24, PR.AA-05]
denials contains finding.denial("resource_unknown", rego.metadata.rule()) if not known

# METADATA
# title: The resource is unknown
# description: Weighs as much as the threshold of the highest tier.
# custom:
#   controls: [T4]
factors contains finding.factor("resource_unknown", settings.kind.thresholds.critical, true, rego.metadata.rule()) if {
	not known
}

# METADATA
# title: The environment of the resource
# custom:
#   controls: [T4]
factors contains finding.factor(
	"environment",
	risk.weight("environment", environment),
	environment,
	rego.metadata.rule(),
)

# METADATA
# title: The classification of the resource
# custom:
#   controls: [T4]
factors contains finding.factor(
	"classification",
	risk.weight("classification", classification),
	classification,
	rego.metadata.rule(),
)

# METADATA
# title: The service has no security review in force
# description: For the kinds that hand out credentials of a service.
# custom:
#   controls: [T4]
review_factors contains finding.factor(
	"security_review",
	risk.weight("security_review", "missing"),
	"missing",
	rego.metadata.rule(),
) if {
	known
	not reviewed
}

# METADATA
# title: Facts of the resource
# scope: document
facts contains finding.fact("service", [_resources, input.request.resource.id, "service"]) if service

facts contains finding.fact("environment", [_resources, input.request.resource.id, "environment"]) if environment

facts contains finding.fact("owner", ["organisation.services", service, "owner"]) if owner

facts contains finding.fact("classification", [_resources, input.request.resource.id, "classification"]) if {
	entry.classification
}

facts contains finding.fact("classification", ["organisation.services", service, "classification"]) if {
	_service
	not entry.classification
}

# METADATA
# title: Facts of the security review
review_facts contains finding.fact("security_review", ["organisation.services", service, "security_review"]) if {
	_service.security_review
}

_service := data.organisation.services[service]

_resources := concat(".", ["organisation.resources", input.request.resource.type])
