/**
 * The one place where codes become prose. Policy returns codes only, so that wording can change without changing what a
 * digest covers, and a code that is not listed (a policy of your own) still reads as words.
 */
const SENTENCES = new Map<string, string>([
  // Of the engine, whatever the policy
  ['evaluation_undefined', 'The policy gave no answer.'],
  ['evaluation_invalid', 'The answer of the policy does not have the expected shape.'],
  ['evaluation_failed', 'The policy failed while it ran.'],
  ['evaluation_timeout', 'The policy took longer than an evaluation may take.'],
  ['evaluation_memory', 'The policy wanted more memory than an evaluation may have.'],
  ['builtin_error', 'A function that the policy called failed.'],
  ['approver_count_missing', 'The policy asks for no approver where the tier needs one.'],
  ['requirement_ambiguous', 'Two requirements of the policy have the same id.'],
  ['lifetime_missing', 'The policy sets no lifetime.'],
  ['review_missing', 'The policy sets no date of review.'],
  ['approval_lifetime_missing', 'The policy does not say how long an approval counts.'],
  ['requester_unknown', 'The person in requested_by is nobody that the organisation knows.'],
  ['caller_unknown', 'The person behind the calling client is nobody that the organisation knows.'],
  ['requester_missing', 'No person stands behind the request, so nobody can be told apart from its approvers.'],
  ['rejected', 'Somebody who may approve rejected it.'],
  // Of the engine: why a verdict does not count
  ['approver_is_subject', 'Nobody approves their own request, and this is its subject.'],
  ['approver_is_caller', 'Nobody approves their own request, and this person asked for it.'],
  ['approver_is_requester', 'Nobody approves their own request, and this person is the one in requested_by.'],
  ['person_unknown', 'The identity belongs to nobody that the organisation knows.'],
  ['not_eligible', 'The policy does not list this person among those who may approve.'],
  ['assurance_too_low', 'More is asked for than this way of telling who approves.'],
  ['person_already_counted', 'One person fills one place, and has one.'],
  ['place_taken', 'Enough others have approved.'],
  ['expired', 'It was given longer ago than the policy lets it count.'],
  ['case_denied', 'The case is denied, whatever else was approved.'],
  ['no_evaluation', 'The policy gave no usable answer, so nothing counts.'],
  ['submitter_barred', 'It was handed in by somebody who may not approve.'],
  ['submitter_unknown', 'It was handed in by somebody whom the organisation does not know.'],
  ['on_behalf_of_barred', 'It was given for somebody who may not approve.'],
  ['on_behalf_of_unknown', 'It was given for somebody whom the organisation does not know.'],
  ['other_case', 'It was given in another case.'],
  ['other_request', 'It was given for another request.'],
  ['not_yet_given', 'It says that it was given later than now.'],
  ['approver_not_in_group', 'The person is in none of the groups that are asked.'],
  ['approver_inactive', 'The approver has left or is suspended.'],
  // Of the shipped policies: denials
  ['kind_unknown', 'No policy covers this kind of request.'],
  [
    'resource_unknown',
    "The organisation's data do not know the resource, or not whose it is, where it runs or how sensitive it is.",
  ],
  ['subject_not_person', 'Only a person may ask for this, and the subject is said to be something else.'],
  ['subject_unknown', "The subject's identity leads to no person that the organisation knows."],
  ['subject_inactive', 'The person has left or is suspended.'],
  ['subject_not_workload', 'Only a workload may ask for this, and the subject is said to be something else.'],
  ['ttl_invalid', 'ttl_seconds is not a whole number of seconds above zero.'],
  ['scopes_invalid', 'scopes is not a list of 1 to 100 names of letters, digits, ".", "_", "-" and single colons.'],
  ['scopes_missing', 'The request does not say which scopes the credential is to have.'],
  ['not_service_owner', 'The person is not of the team that owns the service.'],
  ['justification_missing', 'The request does not say, in enough words, what the key is for.'],
  ['not_on_call', 'The person is neither on call for the owning team nor in incident response.'],
  ['reason_missing', 'The request does not say, in enough words, why the secret is needed now.'],
  ['incident_missing', 'The request names no incident.'],
  ['expiry_missing', 'The request does not say when the access is to end (ttl_seconds).'],
  ['pipeline_unknown', "No pipeline is registered under the subject's id."],
  ['caller_not_pipeline', 'The calling client is not registered to speak for the pipeline.'],
  ['claims_mismatch', "The claims of the caller's token are not those registered for the pipeline."],
  ['service_not_permitted', 'The pipeline is not registered for the service.'],
  ['environment_not_permitted', 'The pipeline is not registered for the environment of the resource.'],
  ['scope_not_permitted', 'The pipeline is not registered for a scope that it asks for.'],
  ['checks_missing', 'A check that the pipeline requires is not reported.'],
  ['checks_failed', 'A check that the pipeline requires did not pass.'],
]);

/** A sentence for a denial code. */
export function describeCode(code: string): string {
  return SENTENCES.get(code) ?? `${code.charAt(0).toUpperCase()}${code.slice(1).replaceAll('_', ' ')}.`;
}
