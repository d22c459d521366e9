package approval.kinds["grant/third_party_access"]

import data.approval.lib.finding
import data.approval.lib.risk
import data.approval.lib.scopes

# METADATA
# title: Obligations that all credentials of a service share
obligations contains obligation if some obligation in scopes.obligations

# METADATA
# title: The access is revoked when the contract ends
# description: Also where the contract ends earlier than planned.
# custom:
#   controls: ["NHI1:2025", "NHI3:2025", PS-7]
obligations contains finding.obligation("revoke_with_contract", {"ends_at": at}, rego.metadata.rule()) if {
	at := _vendor.contract_ends_at
}

# METADATA
# title: The session is recorded
# custom:
#   controls: [PS-7]
obligations contains finding.obligation("session_recording", {}, rego.metadata.rule()) if {
	risk.tier(risk.score(factors)) != "low"
}
