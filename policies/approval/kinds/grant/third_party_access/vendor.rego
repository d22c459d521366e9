package approval.kinds["grant/third_party_access"]

import data.approval.lib.instant
import data.approval.lib.person
import data.approval.lib.resource
import data.approval.lib.settings

_vendor_id := resource.entry.vendor

_vendor := data.organisation.vendors[_vendor_id]

_contract_ends_ns := instant.parse(_vendor.contract_ends_at)

_contract_runs if _contract_ends_ns > instant.now_ns

_of_vendor if _vendor.group in person.groups

_somebody_else_sponsors if person.id != _vendor.sponsor

# An active employee. The settings have to say who is none.
_sponsored if {
	data.organisation.people[_vendor.sponsor].active == true
	third_parties := {group | some group in settings.kind.groups.third_parties}
	count(third_parties) > 0
	count(person.groups_of(_vendor.sponsor) & third_parties) == 0
}

_covered(scope) if scope in _vendor.scopes
