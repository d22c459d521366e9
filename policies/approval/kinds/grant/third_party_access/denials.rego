package approval.kinds["grant/third_party_access"]

import data.approval.lib.finding
import data.approval.lib.justification
import data.approval.lib.lifetime
import data.approval.lib.person
import data.approval.lib.resource
import data.approval.lib.scopes

# METADATA
# title: Denials of the shared rules
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
# title: The organisation's data do not name the vendor of this access
# custom:
#   controls: ["NHI3:2025", PS-7]
denials contains finding.denial("vendor_unknown", rego.metadata.rule()) if {
	resource.known
	not _vendor
}

# METADATA
# title: The subject does not work for the vendor
# custom:
#   controls: ["NHI3:2025", PS-7, AC-6]
denials contains finding.denial("not_of_vendor", rego.metadata.rule()) if {
	_vendor
	person.known
	not _of_vendor
}

# METADATA
# title: The subject is the vendor's sponsor, or the data name no sponsor
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
# title: The vendor's contract has ended
# custom:
#   controls: ["NHI3:2025", PS-7, "NHI1:2025"]
denials contains finding.denial("contract_ended", rego.metadata.rule()) if {
	_vendor
	not _contract_runs
}

# METADATA
# title: The vendor's contract does not cover one of the scopes
# custom:
#   controls: ["NHI3:2025", "NHI5:2025", AC-6]
denials contains finding.denial("scope_not_contracted", rego.metadata.rule()) if {
	_vendor
	some scope in scopes.requested
	not _covered(scope)
}
