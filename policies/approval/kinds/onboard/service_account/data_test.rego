# What is answered where settings and data lack something.
package approval.kinds["onboard/service_account_test"]

_kind := data.config.kinds["onboard/service_account"]

_denials_with_settings(settings) := {denial.code | some denial in evaluation.denials} if {
	kinds := {"onboard/service_account": settings}

	# regal ignore:with-outside-test-context,external-reference
	evaluation := data.approval.decision with input as _preview with data.config.kinds as kinds
}

_denials_with_person(person, entry) := {denial.code | some denial in evaluation.denials} if {
	# regal ignore:external-reference
	people := object.union(object.remove(data.organisation.people, [person]), {person: entry})

	# regal ignore:with-outside-test-context,external-reference
	evaluation := data.approval.decision with input as _preview with data.organisation.people as people
}

# A privileged account without anybody to ask for it would need a group that nobody is in.
test_deny_unknown_people_for_privileges if {
	evaluation := data.approval.decision with input as _privileged
		with data.config.kinds as {"onboard/service_account": object.remove(_kind, ["further_requirements"])}
	some requirement in evaluation.requirements
	requirement.any_of == ["{privileged_role}"]
	requirement.count == 1
}

# Whatever the weights: people are asked, and security is one of them.
test_approval_required_privileged_that_weighs_little if {
	every weights in [{"ordinary": 0, "privileged": 0}, {"ordinary": 0}, {"ordinary": 1, "privileged": 2}] {
		settings := object.union(json.remove(_kind, ["weights/role"]), {"weights": {"role": weights}})
		evaluation := data.approval.decision with input as _privileged
			with data.config.kinds as {"onboard/service_account": settings}
		evaluation.tier == "high"
		{requirement.id | some requirement in evaluation.requirements} == {"owner", "security", "privileged_access"}
	}
}

test_deny_unknown_limit_of_rotation if {
	limits := ["limits/maximum_rotation_days", "limits/maximum_privileged_rotation_days"]
	_denials_with_settings(json.remove(_kind, limits)) == {"rotation_too_rare"}
	_denials_with_settings(json.remove(_kind, [limits[0]])) == {"rotation_too_rare"}
}

test_deny_unknown_limit_of_offboarding if {
	_denials_with_settings(json.remove(_kind, ["limits/maximum_offboarding_days"])) == {"offboarding_too_late"}
}

test_deny_unknown_state_of_owner if {
	_denials_with_person("tom.harris", {"team": "storefront", "groups": []}) == {"owner_inactive"}
}

test_deny_unknown_team_of_owner if {
	_denials_with_person("tom.harris", {"groups": ["storefront-leads"], "active": true}) == {"owner_not_of_team"}
}

test_deny_unknown_team_of_subject if {
	_denials_with_person("sofia.rossi", {"groups": [], "active": true}) == {"not_service_owner"}
}

test_deny_unknown_state_of_subject if {
	_denials_with_person("sofia.rossi", {"team": "storefront", "groups": []}) == {"subject_inactive"}
}
