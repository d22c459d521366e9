package approval.lib.risk_test

import data.approval.lib.risk

_kind := {
	"thresholds": {"medium": 10, "high": 20, "critical": 30},
	"weights": {"environment": {"sandbox": 0, "production": 15}, "empty": {}},
}

test_allow_low_score if {
	risk.tier(0) == "low" with data.approval.lib.settings.kind as _kind
	risk.tier(9) == "low" with data.approval.lib.settings.kind as _kind
}

test_approval_required_from_threshold_on if {
	risk.tier(10) == "medium" with data.approval.lib.settings.kind as _kind
	risk.tier(20) == "high" with data.approval.lib.settings.kind as _kind
	risk.tier(30) == "critical" with data.approval.lib.settings.kind as _kind
}

test_deny_lower_tier_without_thresholds if {
	risk.tier(0) == "critical" with data.approval.lib.settings.kind as {}
	risk.tier(0) == "high" with data.approval.lib.settings.kind as {"thresholds": {"critical": 30}}
	risk.tier(0) == "critical" with data.approval.lib.settings.kind as {"thresholds": {"medium": 10, "high": 20}}
}

# Data check refuses these; nothing gets lower by them.
test_deny_lower_tier_by_thresholds_out_of_order if {
	every want in [[5, "low"], [10, "critical"], [25, "critical"]] {
		risk.tier(want[0]) == want[1] with data.approval.lib.settings.kind as {"thresholds": {
			"medium": 30,
			"high": 20,
			"critical": 10,
		}}
	}
	risk.tier(22) == "high" with data.approval.lib.settings.kind as {"thresholds": {
		"medium": 25,
		"high": 20,
		"critical": 30,
	}}
}

test_deny_lower_score_by_weights_below_zero if {
	risk.score({{"id": "a", "score": -50}, {"id": "b", "score": 10}}) == 10
}

test_approval_required_unknown_value_weighs_heaviest if {
	risk.weight("environment", "sandbox") == 0 with data.approval.lib.settings.kind as _kind
	risk.weight("environment", "mars") == 15 with data.approval.lib.settings.kind as _kind
}

test_approval_required_unknown_table_weighs_as_highest_tier if {
	risk.weight("weather", "rain") == 30 with data.approval.lib.settings.kind as _kind
	risk.weight("empty", "rain") == 30 with data.approval.lib.settings.kind as _kind
}

test_approval_required_factors_of_equal_score_add_up if {
	risk.score({{"id": "a", "score": 10}, {"id": "b", "score": 10}}) == 20
	risk.score(set()) == 0
}
