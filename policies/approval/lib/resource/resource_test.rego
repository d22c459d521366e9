package approval.lib.resource_test

import data.approval.lib.resource

_ask(now) := {"request": {"resource": {"type": "secret", "id": "x"}}, "now": now}

_organisation := {
	"resources": {"secret": {"x": {"service": "s", "environment": "production"}}},
	"services": {"s": {
		"owner": "crew",
		"classification": "internal",
		"security_review": {"passed_at": "2026-01-01T00:00:00Z", "valid_until": "2027-01-01T01:00:00+01:00"},
	}},
}

# Dates are compared as instants, not as text: the review runs out at midnight UTC.
test_allow_review_in_force if {
	resource.reviewed with input as _ask("2026-12-31T23:59:59.999Z") with data.organisation as _organisation
	resource.reviewed with input as _ask("2026-01-01T00:00:00.000Z") with data.organisation as _organisation
}

test_approval_required_review_not_in_force if {
	not resource.reviewed with input as _ask("2027-01-01T00:00:00.000Z") with data.organisation as _organisation
	not resource.reviewed with input as _ask("2025-12-31T23:59:59.999Z") with data.organisation as _organisation
}

test_approval_required_unknown_now if {
	not resource.reviewed with input as _ask(null) with data.organisation as _organisation
}

test_deny_unknown_service if {
	some denial in resource.denials with input as _ask("2026-06-01T00:00:00.000Z")
		with data.organisation as {"resources": _organisation.resources, "services": {}}
	denial.code == "resource_unknown"
}

test_deny_unknown_owner_or_classification if {
	every member in ["owner", "classification"] {
		service := object.remove(_organisation.services.s, [member])
		not resource.known with input as _ask("2026-06-01T00:00:00.000Z")
			with data.organisation as {"resources": _organisation.resources, "services": {"s": service}}
	}
}

test_deny_unknown_environment if {
	some denial in resource.denials with input as _ask("2026-06-01T00:00:00.000Z")
		with data.organisation as {"resources": {"secret": {"x": {"service": "s"}}}, "services": _organisation.services}
	denial.code == "resource_unknown"
}
