# METADATA
# title: Justification
# description: The purpose that a request has to state, so that it can be reviewed later.
# custom:
#   inputs:
#     context.justification: What the access is for, in at least {minimum_justification_length} characters.
package approval.lib.justification

import data.approval.lib.finding
import data.approval.lib.request
import data.approval.lib.settings

# METADATA
# title: The request does not give a justification that is long enough (justification)
# custom:
#   controls: [PR.AA-05, AC-2]
denials contains finding.denial("justification_missing", rego.metadata.rule()) if not _given

_given if request.text_given("justification", settings.kind.limits.minimum_justification_length)
