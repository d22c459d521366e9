package approval.kinds["grant/third_party_access"]

import data.approval.lib.finding
import data.approval.lib.justification
import data.approval.lib.lifetime
import data.approval.lib.person
import data.approval.lib.resource
import data.approval.lib.scopes

# METADATA
# title: What is denied wherever a person asks for something of a service
denials contains denial if {
	some denial in union({
		person.denials,
		resource.denials,
		lifetime.denials,
		scopes.denials,
		justification.denials,
	})
}

# METADATA
# title: Nobody knows the vendor
# custom:
#   controls: ["NHI3:2025", PS-7]
denials contains finding.denial("vendor_unknown", rego.metadata.rule()) if {
	resource.known
	not _vendor
}

# METADATA
# title: Subject is not one of the vendor's people
# custom:
#   controls: ["NHI3:2025", PS-7, AC-6]
denials contains finding.denial("not_of_vendor", rego.metadata.rule()) if {
	_vendor
	person.known
	not _of_vendor
}

# METADATA
# title: Subject is the sponsor
# custom:
#   controls: [AC-5, "NHI3:2025"]
denials contains finding.denial("subject_is_sponsor", rego.metadata.rule()) if {
	_vendor
	person.known
	not _somebody_else_sponsors
}

# METADATA
# title: No active employee sponsors the vendor
# custom:
#   controls: ["NHI3:2025", PS-7, "NHI1:2025"]
denials contains finding.denial("sponsor_missing", rego.metadata.rule()) if {
	_vendor
	not _sponsored
}

# METADATA
# title: The vendor's contract is over
# custom:
#   controls: ["NHI3:2025", PS-7, "NHI1:2025"]
denials contains finding.denial("contract_ended", rego.metadata.rule()) if {
	_vendor
	not _contract_runs
}

# METADATA
# title: The contract does not cover a scope
# custom:
#   controls: ["NHI3:2025", "NHI5:2025", AC-6]
denials contains finding.denial("scope_not_contracted", rego.metadata.rule()) if {
	_vendor
	some scope in scopes.requested
	not _covered(scope)
}
