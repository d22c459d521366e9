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
  [
    'not_certificate_owner',
    'The person is neither of the team that owns the service nor of the one that keeps the certificate for it.',
  ],
  ['certificate_unknown', "The organisation's data do not say when the current certificate expires."],
  ['renewal_too_early', 'The current certificate is not about to expire; it is too early to renew it.'],
  ['key_type_not_permitted', 'The request does not name a key type that the policy permits (key_type).'],
  ['lifetime_not_permitted', 'The certificate would live longer than any may (ttl_seconds).'],
  ['owner_missing', 'The request does not name a person who is to own the account (owner).'],
  ['owner_unknown', 'The named owner leads to no person that the organisation knows.'],
  ['owner_inactive', 'The named owner has left or is suspended.'],
  ['owner_not_of_team', 'The named owner is not of the team that owns the service.'],
  ['roles_missing', 'roles is not a list of 1 to 100 names of letters, digits, ".", "_", "-" and single colons.'],
  ['role_not_permitted', 'Accounts of the service may not have a role that is asked for.'],
  ['rotation_missing', 'The request does not say after how many days the credential is rotated (rotation_days).'],
  ['rotation_too_rare', 'The credential would be rotated too rarely for its roles (rotation_days).'],
  ['offboarding_missing', 'The request does not say on which day or at which event the account ends (offboarding).'],
  ['offboarding_invalid', 'offboarding is not a day to come (YYYY-MM-DD), nor an event that the policy knows.'],
  ['change_freeze', 'A change freeze is in force, and its data name nobody who could lift it.'],
]);

/** A sentence for a denial code. */
export function describeCode(code: string): string {
  return SENTENCES.get(code) ?? `${code.charAt(0).toUpperCase()}${code.slice(1).replaceAll('_', ' ')}.`;
}
