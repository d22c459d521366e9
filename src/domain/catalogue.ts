import { APPROVAL_REASONS } from './approval/codes.ts';

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
  ['approver_count_missing', 'The policy asks for no approver, or for fewer than one, where somebody has to approve.'],
  ['requirement_ambiguous', 'Two requirements of the policy have the same id.'],
  ['lifetime_missing', 'The policy sets no lifetime.'],
  ['review_missing', 'The policy sets no date of review.'],
  ['approval_lifetime_missing', 'The policy does not say how long an approval counts.'],
  ['requester_unknown', 'The person in requested_by is nobody that the organisation knows.'],
  ['caller_unknown', 'The person behind the calling client is nobody that the organisation knows.'],
  ['requester_missing', 'No person stands behind the request, so nobody can be told apart from its approvers.'],
  ['subject_unknown', "The subject's identity leads to no person that the organisation knows."],
  [
    'identity_changed',
    'The subject, the caller or requested_by leads to another person than when the case was opened: ask again.',
  ],
  ['caller_inactive', 'The person behind the calling client has left or is suspended.'],
  ['requester_inactive', 'The person in requested_by has left or is suspended.'],
  ['case_expired', 'Nobody approved it in the time for which policy keeps a case open: ask again.'],
  ['rejected', 'Somebody who may approve rejected it.'],
  // Of the engine: why a review is due
  ['policy_changed', 'The policy of today would not allow it.'],
  ['credential_outlives_grant', 'The credential ends later than the grant.'],
  // Of the engine: why an approval does not count
  ...[...APPROVAL_REASONS.values()].map(({ code, sentence }): [string, string] => [code, sentence]),
  // Of the shipped policies: why an approval does not count
  ['approver_not_in_group', 'The person is in none of the groups that are asked.'],
  ['approver_inactive', 'The approver has left or is suspended.'],
  ['approver_is_owner', 'The approver is the one who is to own the account.'],
  [
    'asserted_by_opener',
    'The client that opened the case only says that the person gave it. Above the tier medium the person has to sign in or sign, or another client has to hand it in.',
  ],
  // Of the shipped policies: denials
  [
    'requester_unverified',
    'Above the tier medium the calling client may not say who asks (requested_by). Ask through a client that data name in vouching_clients, or with a token of the person.',
  ],
  ['kind_unknown', 'No policy covers this kind of request.'],
  [
    'resource_unknown',
    "The organisation's data do not know the resource, or not whose it is, where it runs or how sensitive it is.",
  ],
  ['subject_not_person', 'Only a person may ask for this, and the subject is said to be something else.'],
  ['subject_inactive', 'The person has left or is suspended.'],
  ['subject_not_workload', 'Only a workload may ask for this, and the subject is said to be something else.'],
  ['ttl_invalid', 'ttl_seconds is not a whole number of seconds above zero.'],
  [
    'scopes_invalid',
    'scopes is not a list of 1 to 100 names, each of up to 200 letters, digits, ".", "_", "-" and single colons.',
  ],
  ['scopes_missing', 'The request does not say which scopes the credential is to have.'],
  ['not_service_owner', 'The person is not of the team that owns the service.'],
  ['justification_missing', 'The request does not say, in enough words, what it is for.'],
  ['not_on_call', 'The person is neither on call for the owning team nor in incident response.'],
  ['reason_missing', 'The request does not say, in enough words, why the secret is needed now.'],
  ['incident_missing', 'The request names no incident.'],
  ['expiry_missing', 'The request does not say when the access is to end (ttl_seconds).'],
  ['elevation_missing', 'The request does not say whether the role is to be standing or just_in_time (elevation).'],
  ['not_eligible_for_role', 'The person is in none of the groups whose people may have the role.'],
  ['role_held_already', 'The person has the role already, or nobody can say who has it.'],
  ['compensating_control_missing', 'The request names no compensating control (compensating_control).'],
  ['compensating_control_unknown', 'The compensating control is not in the catalogue.'],
  ['compensating_control_not_in_place', 'The compensating control is not in place for this secret.'],
  ['end_missing', 'The request does not say when the exemption ends (ends_at).'],
  ['end_invalid', 'ends_at is not a date and time with an offset, like 2027-01-31T12:00:00Z (RFC 3339).'],
  ['end_passed', 'ends_at is not ahead.'],
  ['end_too_late', 'ends_at is further ahead than any exemption may last.'],
  ['vendor_unknown', "The organisation's data do not know the vendor whose access it is."],
  ['not_of_vendor', "The person is not one of the vendor's people."],
  [
    'subject_is_sponsor',
    'The person is responsible for the vendor and cannot be given its access, or nobody can say who is.',
  ],
  ['sponsor_missing', 'No active employee is responsible for the vendor.'],
  ['contract_ended', "The vendor's contract is over."],
  ['scope_not_contracted', "The vendor's contract does not cover a scope that is asked for."],
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
  [
    'roles_missing',
    'roles is not a list of 1 to 100 names, each of up to 200 letters, digits, ".", "_", "-" and single colons.',
  ],
  ['role_not_permitted', 'Accounts of the service may not have a role that is asked for.'],
  ['rotation_missing', 'The request does not say after how many days the credential is rotated (rotation_days).'],
  ['rotation_too_rare', 'The credential would be rotated too rarely for its roles (rotation_days).'],
  ['offboarding_missing', 'The request does not say on which day or at which event the account ends (offboarding).'],
  ['offboarding_invalid', 'offboarding is not a day to come (YYYY-MM-DD), nor an event that the policy knows.'],
  ['offboarding_too_late', 'offboarding is a day further ahead than any account is planned for.'],
  ['change_freeze', 'A change freeze is in force, and its data name nobody who could lift it.'],
]);

/** A sentence for a denial code; where the catalogue has none, the code in words. */
export function describeCode(code: string): string {
  return sentenceFor(code) ?? `${code.charAt(0).toUpperCase()}${code.slice(1).replaceAll('_', ' ')}.`;
}

/** The catalogue's sentence for a denial code, if it has one: a policy of your own has codes of its own. */
export function sentenceFor(code: string): string | undefined {
  return SENTENCES.get(code);
}
