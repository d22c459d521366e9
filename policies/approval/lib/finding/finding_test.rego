package approval.lib.finding_test

import data.approval.lib.finding

# rego.metadata.rule() is empty where somebody forgot the METADATA: that must not silence the rule.
test_deny_rule_without_metadata if {
	finding.denial("no", {}) == {"code": "no", "controls": []}
	finding.denial("no", {"custom": {"controls": ["T3"]}}) == {"code": "no", "controls": ["T3"]}
}
