package approval.kinds["renew/certificate_test"]

import data.approval.lib.fixture_test as fixture

# Sofia of the storefront renews the certificate of its staging environment, which may be changed at any time.
_staging := {
	"request": {
		"subject": {"type": "user", "id": "sofia.rossi"},
		"action": {"name": "renew"},
		"resource": {"type": "certificate", "id": "storefront-web/staging"},
		"context": {"key_type": "ecdsa-p256", "ttl_seconds": 2592000},
	},
	"kind": "renew/certificate",
	"approvals": [],
	"caller": fixture.caller("certificate-manager"),
	"history": [],
	"now": fixture.now,
}

# Hana of the platform team keeps the certificates of payments. In Berlin it is 23:15 on a Tuesday.
_payments := fixture.changed(_staging, {
	"request": {
		"subject": {"id": "hana.kim"},
		"resource": {"id": "payments-api/production"},
	},
	"now": "2026-11-24T22:15:00.000Z",
})

_case(changes, want) := {"input": fixture.changed(_staging, changes), "want": want}

_context(context, want) := _case({"request": {"context": context}}, want)

_of_payments(changes, want) := {"input": fixture.changed(_payments, changes), "want": want}

_at(now, want) := _of_payments({"now": now}, want)

_of(subject, id, changes, want) := _case(
	object.union({"request": {"subject": {"id": subject}, "resource": {"id": id}}}, changes),
	want,
)

_any_time := {
	"zone": "America/New_York",
	"windows": [{
		"days": ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"],
		"from": "00:00",
		"until": "24:00",
	}],
}

_deny(code) := {"outcome": "deny", "denials": {code}}

_outside := {"environment": 25, "classification": 20, "change_window": 20, "key_type": 0}

_within := {"environment": 25, "classification": 20, "key_type": 0}

test_cases[name] if {
	some name, case in cases
	fixture.holds(case)
}

cases["allow_staging"] := _case({}, {
	"outcome": "allow",
	"tier": "low",
	"score": 5,
	"requirements": {},
	"max_ttl_seconds": 2592000,
	"factors": {"environment": 5, "classification": 0, "key_type": 0},
	"seen": {"environment": "staging", "classification": "internal", "key_type": "ecdsa-p256"},
	"obligations": {
		"keep_to_change_window": _any_time,
		"new_key_pair": {"key_type": "ecdsa-p256"},
		"revoke_replaced_certificate": {},
	},
	"controls": {
		"AC-24", "AC-6(7)", "IA-5", "NHI1:2025", "NHI7:2025", "PR.AA-01", "PR.AA-05", "T3", "T4",
	},
	"sources": {
		"person": `data.identities["sofia.rossi"]`,
		"active": `data.organisation.people["sofia.rossi"].active`,
		"groups": `data.organisation.people["sofia.rossi"].groups`,
		"team": `data.organisation.people["sofia.rossi"].team`,
		"service": `data.organisation.resources.certificate["storefront-web/staging"].service`,
		"environment": `data.organisation.resources.certificate["storefront-web/staging"].environment`,
		"classification": `data.organisation.services["storefront-web"].classification`,
		"owner": `data.organisation.services["storefront-web"].owner`,
		"not_after": `data.organisation.resources.certificate["storefront-web/staging"].certificate.not_after`,
		"renew_before_days": concat("", [
			`data.organisation.resources.certificate["storefront-web/staging"]`,
			".certificate.renew_before_days",
		]),
		"change_window": `data.organisation.change_windows["storefront"].environments.staging`,
		"time_zone": `data.organisation.change_windows["storefront"].zone`,
	},
})

# Silence gets a lifetime that does not weigh.
cases["allow_lifetime_unstated"] := {
	"input": fixture.without(_staging, "request/context/ttl_seconds"),
	"want": {"outcome": "allow", "max_ttl_seconds": 4060800},
}

cases["allow_long_lifetime"] := _context({"ttl_seconds": 17280000}, {
	"outcome": "allow",
	"tier": "low",
	"score": 15,
	"factors": {"environment": 5, "classification": 0, "key_type": 0, "lifetime": 10},
	"max_ttl_seconds": 7776000,
})

cases["approval_required_long_lifetime_and_old_key"] := _context(
	{"key_type": "rsa-2048", "ttl_seconds": 5184000},
	{
		"outcome": "approval_required",
		"tier": "medium",
		"factors": {"environment": 5, "classification": 0, "key_type": 10, "lifetime": 10},
		"requirements": {"owner": 1},
		"any_of": {"storefront-leads", "engineering-directors"},
	},
)

cases["approval_required_expired"] := _of("mei.tanaka", "payments-api/sandbox", {}, {
	"outcome": "approval_required",
	"tier": "medium",
	"score": 20,
	"seen": {
		"environment": "sandbox", "classification": "internal", "key_type": "ecdsa-p256",
		"expiry": "2025-06-01T00:00:00Z",
	},
	"requirements": {"owner": 1},
	"obligations": {
		"keep_to_change_window": object.union(_any_time, {"zone": "Europe/Berlin"}),
		"new_key_pair": {"key_type": "ecdsa-p256"},
	},
})

cases["approval_required_production_in_window"] := _of("omar.haddad", "status-page/production", {}, {
	"outcome": "approval_required",
	"tier": "medium",
	"score": 25,
	"requirements": {"owner": 1},
	"any_of": {"platform-leads", "engineering-directors"},
})

cases["approval_required_restricted_in_window"] := _of_payments({}, {
	"outcome": "approval_required",
	"tier": "high",
	"factors": _within,
	"requirements": {"owner": 1, "security": 1},
	"any_of": {"payments-leads", "engineering-directors", "security"},
})

cases["approval_required_owner_instead_of_keeper"] := _of_payments(
	{"request": {"subject": {"id": "mei.tanaka"}}},
	{"outcome": "approval_required", "tier": "high"},
)

cases["approval_required_outside_window"] := _at("2026-11-24T12:00:00.000Z", {
	"outcome": "approval_required",
	"tier": "critical",
	"score": 65,
	"factors": _outside,
	"requirements": {"owner": 1, "security": 1, "change_management": 1},
	"any_of": {"payments-leads", "engineering-directors", "security", "change-management"},
	"min_assurance": {"authenticated"},
})

cases["approval_required_environment_without_window"] := _of("clara.jensen", "insights-warehouse/production", {}, {
	"outcome": "approval_required",
	"tier": "high",
	"factors": {"environment": 25, "classification": 10, "change_window": 20, "key_type": 0},
	"requirements": {"owner": 1, "security": 1, "change_management": 1},
	"min_assurance": {"asserted", "authenticated"},
	"obligations": {"new_key_pair": {"key_type": "ecdsa-p256"}, "revoke_replaced_certificate": {}},
})

cases["approval_required_assertion_cannot_lower_tier"] := _at_noon_with(
	{
		"resource": {"properties": {"environment": "sandbox", "classification": "public", "owner": "platform"}},
		"context": {
			"environment": "sandbox", "not_after": "2030-01-01T00:00:00Z", "zone": "Asia/Kolkata",
			"change_window": "open", "change_freeze": false, "now": "2026-11-24T22:15:00.000Z",
		},
	},
	{"outcome": "approval_required", "tier": "critical", "factors": _outside},
)

_at_noon_with(request, want) := _of_payments({"request": request, "now": "2026-11-24T12:00:00.000Z"}, want)

cases["approval_required_eligible_approvals"] := _of_payments(
	{
		"now": "2026-11-24T12:00:00.000Z",
		"approvals": [
			fixture.approval("lead", "amara.okafor", ["engineering", "payments", "payments-leads"]),
			fixture.approval("change", "yara.costa", ["change-management", "engineering", "platform"]),
			fixture.approval("security", "ines.duarte", ["security"]),
			fixture.approval("self", "hana.kim", ["engineering", "incident-response", "platform", "release-managers"]),
			fixture.approval("keeper", "erik.lund", ["engineering", "platform", "platform-leads", "release-managers"]),
		],
	},
	{
		"eligible": {["lead", "payments-leads"], ["change", "change-management"], ["security", "security"]},
		"ineligible": {["self", "approver_is_subject"], ["keeper", "approver_not_in_group"]},
	},
)

# Thirty days before it expires, to the second.
cases["deny_too_early"] := _at("2026-11-09T23:59:59.999Z", _deny("renewal_too_early"))

cases["approval_required_just_not_too_early"] := _at("2026-11-10T00:00:00.000Z", {"outcome": "approval_required"})

cases["deny_too_early_by_settings"] := _of(
	"sofia.rossi", "storefront-web/sandbox", {},
	_deny("renewal_too_early"),
)

cases["deny_unknown_expiry"] := _of("omar.haddad", "status-page/staging", {}, _deny("certificate_unknown"))

cases["deny_expiry_asserted"] := _of(
	"omar.haddad", "status-page/staging",
	{"request": {
		"resource": {"properties": {"certificate": {"not_after": "2026-11-30T00:00:00Z"}}},
		"context": {"not_after": "2026-11-30T00:00:00Z"},
	}},
	_deny("certificate_unknown"),
)

cases["deny_freeze"] := _of("mei.tanaka", "ledger/production", {}, {
	"outcome": "deny",
	"denials": {"change_freeze"},
	"sources": {
		"person": `data.identities["mei.tanaka"]`,
		"active": `data.organisation.people["mei.tanaka"].active`,
		"groups": `data.organisation.people["mei.tanaka"].groups`,
		"team": `data.organisation.people["mei.tanaka"].team`,
		"service": `data.organisation.resources.certificate["ledger/production"].service`,
		"environment": `data.organisation.resources.certificate["ledger/production"].environment`,
		"classification": `data.organisation.services["ledger"].classification`,
		"owner": `data.organisation.services["ledger"].owner`,
		"not_after": `data.organisation.resources.certificate["ledger/production"].certificate.not_after`,
		"renew_before_days": `data.organisation.resources.certificate["ledger/production"].certificate.renew_before_days`,
		"change_window": `data.organisation.change_windows["payments"].environments.production`,
		"time_zone": `data.organisation.change_windows["payments"].zone`,
		"change_freeze": `data.organisation.change_freezes["ledger-replacement"]`,
	},
})

cases["deny_unknown_resource"] := _of("sofia.rossi", "storefront-web/canary", {}, {
	"outcome": "deny",
	"tier": "critical",
	"denials": {"resource_unknown"},
	"factors": {"resource_unknown": 65, "change_window": 20, "key_type": 0},
})

cases["deny_unknown_subject"] := _case({"request": {"subject": {"id": "mallory"}}}, _deny("subject_unknown"))

cases["deny_subject_not_person"] := _case({"request": {"subject": {"type": "workload"}}}, _deny("subject_not_person"))

cases["deny_inactive_subject"] := _of(
	"felix.baum", "insights-warehouse/production", {},
	_deny("subject_inactive"),
)

cases["deny_not_certificate_owner"] := _of(
	"tom.harris", "payments-api/sandbox",
	{"request": {"context": {"owner": "storefront", "kept_by": "storefront"}}},
	_deny("not_certificate_owner"),
)

# The platform team keeps certificates for payments, and none for the storefront.
cases["deny_unknown_keeper"] := _case({"request": {"subject": {"id": "hana.kim"}}}, _deny("not_certificate_owner"))

cases["deny_key_type_not_permitted"] := _context({"key_type": "rsa-1024"}, {
	"outcome": "deny",
	"denials": {"key_type_not_permitted"},
	"factors": {"environment": 5, "classification": 0, "key_type": 10},
	"seen": {"environment": "staging", "classification": "internal", "key_type": null},
	"obligations": {"keep_to_change_window": _any_time, "revoke_replaced_certificate": {}},
})

cases["deny_unknown_key_type"] := {
	"input": fixture.without(_staging, "request/context/key_type"),
	"want": _deny("key_type_not_permitted"),
}

cases["deny_key_type_of_wrong_type"] := _context({"key_type": ["ecdsa-p256"]}, _deny("key_type_not_permitted"))

cases["deny_lifetime_not_permitted"] := _context({"ttl_seconds": 17280001}, _deny("lifetime_not_permitted"))

cases["deny_ttl_text"] := _context({"ttl_seconds": "90 days"}, _deny("ttl_invalid"))

cases["deny_nothing_but_a_kind"] := {
	"input": {"kind": "renew/certificate"},
	"want": {
		"outcome": "deny",
		"tier": "critical",
		"denials": {"resource_unknown", "subject_not_person", "key_type_not_permitted"},
		"sources": {},
	},
}

cases["deny_unknown_now"] := _case({"now": null}, _deny("renewal_too_early"))

cases["deny_request_of_wrong_types"] := {
	"input": {
		"kind": "renew/certificate",
		"request": {"subject": true, "resource": "r", "context": 3},
		"approvals": null,
		"caller": [],
		"history": 1,
		"now": fixture.now,
	},
	"want": {"outcome": "deny", "denials": {"resource_unknown", "subject_not_person", "key_type_not_permitted"}},
}

# Settings that lack a limit let nothing pass by it.
test_deny_unknown_limits if {
	settings := json.remove(data.config.kinds["renew/certificate"], ["limits/maximum_lifetime_seconds"])
	evaluation := data.approval.decision with input as _staging with data.config.kinds as {"renew/certificate": settings}
	{denial.code | some denial in evaluation.denials} == {"lifetime_not_permitted"}
}

test_deny_unknown_limit_of_renewal if {
	settings := json.remove(data.config.kinds["renew/certificate"], ["limits/renew_before_days"])
	evaluation := data.approval.decision with input as _payments with data.config.kinds as {"renew/certificate": settings}
	{denial.code | some denial in evaluation.denials} == {"renewal_too_early"}
}
