package approval.kinds["emergency_access/secret"]

import data.approval.lib.finding
import data.approval.lib.lifetime
import data.approval.lib.person
import data.approval.lib.request
import data.approval.lib.resource
import data.approval.lib.settings

# METADATA
# title: Denials of the shared rules
denials contains denial if some denial in union({person.denials, resource.denials, lifetime.denials})

# METADATA
# title: The subject is neither on call for the owning team nor in incident response
# custom:
#   controls: [AC-2(2), PR.AA-05]
denials contains finding.denial("not_on_call", rego.metadata.rule()) if {
	person.known
	resource.known
	not _responder
}

# METADATA
# title: The request does not give a reason that is long enough (reason)
# custom:
#   controls: [AC-2(2)]
denials contains finding.denial("reason_missing", rego.metadata.rule()) if not _reason_given

# METADATA
# title: The request does not name an incident (incident)
# custom:
#   controls: [AC-2(2)]
denials contains finding.denial("incident_missing", rego.metadata.rule()) if not _incident_given

# METADATA
# title: The request does not say how long the access should last (ttl_seconds)
# custom:
#   controls: [AC-2(2), T3]
denials contains finding.denial("expiry_missing", rego.metadata.rule()) if not lifetime.stated

_responder if person.id in data.organisation.on_call[resource.owner]

_responder if {
	some group in settings.kind.groups.incident_responders
	group in person.groups
}

_reason_given if request.text_given("reason", settings.kind.limits.minimum_reason_length)

_incident_given if request.text_given("incident", settings.kind.limits.minimum_incident_length)
