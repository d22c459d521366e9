package approval.kinds["issue/deployment_token"]

import data.approval.lib.finding

# METADATA
# title: The subject has to be a workload, and the request gives another type of subject
# description: A person asks for what belongs to a machine.
# custom:
#   controls: ["NHI10:2025", PR.AA-05]
denials contains finding.denial("subject_not_workload", rego.metadata.rule()) if not _said_to_be_workload

# METADATA
# title: No pipeline is registered under the id of the subject
# custom:
#   controls: [PR.AA-01, PR.AA-02]
denials contains finding.denial("pipeline_unknown", rego.metadata.rule()) if {
	_said_to_be_workload
	not _pipeline
}

# METADATA
# title: The calling client is not registered for the pipeline
# custom:
#   controls: ["NHI6:2025", PR.AA-03]
denials contains finding.denial("caller_not_pipeline", rego.metadata.rule()) if {
	_pipeline
	not _speaks_through_own_client
}

# METADATA
# title: The claims of the caller's token are not those registered for the pipeline
# description: Many pipelines can share one client, such as a CI system's token issuer; its claims tell them apart.
# custom:
#   controls: ["NHI6:2025", PR.AA-04]
denials contains finding.denial("claims_mismatch", rego.metadata.rule()) if {
	some claim, value in _pipeline.claims
	not _claimed(claim, value)
}

_pipeline := data.organisation.pipelines[input.request.subject.id]

_said_to_be_workload if input.request.subject.type in data.config.shared.workload_subject_types

_speaks_through_own_client if input.caller.client in _pipeline.clients

_claimed(claim, value) if input.caller.claims[claim] == value
