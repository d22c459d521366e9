package approval.kinds["renew/certificate"]

import data.approval.lib.change_window
import data.approval.lib.finding
import data.approval.lib.instant
import data.approval.lib.lifetime
import data.approval.lib.person
import data.approval.lib.resource
import data.approval.lib.settings

# METADATA
# title: Denials of the shared rules, including change freezes
denials contains denial if {
	some denial in union({person.denials, resource.denials, lifetime.denials, change_window.denials})
}

# METADATA
# title: The subject is a member neither of the team that owns the service nor of the team that keeps the certificate
# custom:
#   controls: [PR.AA-05, AC-6]
denials contains finding.denial("not_certificate_owner", rego.metadata.rule()) if {
	person.known
	resource.known
	not _of_responsible_team
}

# METADATA
# title: The organisation's data do not say when the current certificate expires
# custom:
#   controls: [PR.AA-01, IA-5]
denials contains finding.denial("certificate_unknown", rego.metadata.rule()) if {
	resource.known
	not _expiry_known
}

# METADATA
# title: The current certificate does not expire soon enough to be renewed
# description: Two certificates of one workload live side by side no longer than the change from one to the other takes.
# custom:
#   controls: [IA-5, "NHI1:2025"]
denials contains finding.denial("renewal_too_early", rego.metadata.rule()) if {
	_expiry_known
	not _renewable
}

# METADATA
# title: The request does not name a permitted key type (key_type)
# custom:
#   controls: [IA-5, "NHI4:2025"]
denials contains finding.denial("key_type_not_permitted", rego.metadata.rule()) if not _key_type_permitted

# METADATA
# title: The certificate would live longer than the policy permits (ttl_seconds)
# custom:
#   controls: ["NHI7:2025", IA-5]
denials contains finding.denial("lifetime_not_permitted", rego.metadata.rule()) if {
	lifetime.requested
	not _lifetime_permitted
}

_of_responsible_team if resource.owner in person.groups

_of_responsible_team if _certificate.kept_by in person.groups

_expiry_known if _certificate.not_after

_renewable if {
	expiry := instant.parse(_certificate.not_after)
	instant.plus_seconds(expiry, _renew_before_days * -86400) <= instant.now_ns
}

_key_type_permitted if input.request.context.key_type in object.keys(settings.kind.weights.key_type)

_lifetime_permitted if lifetime.requested <= settings.kind.limits.maximum_lifetime_seconds

_certificate := data.organisation.resources.certificate[input.request.resource.id].certificate

# Where the certificate's own data say nothing, the settings do.
_renew_before_days := object.get(_certificate, "renew_before_days", settings.kind.limits.renew_before_days)
