import { APPROVAL_REASONS } from './approval/codes.ts';

/**
 * The codes of the engine. Policies and records hold codes only, so that wording can change without changing what a digest
 * covers. The sentences for the codes of a policy come with its bundle.
 */
const SENTENCES = new Map<string, string>([
  // Why a request is denied
  ['evaluation_undefined', 'The policy returned no result.'],
  ['evaluation_invalid', 'The result of the policy does not have the expected shape.'],
  ['evaluation_failed', 'The policy failed during evaluation.'],
  ['evaluation_timeout', 'The policy took longer than an evaluation may take.'],
  ['evaluation_memory', 'The policy needed more memory than an evaluation may use.'],
  ['builtin_error', 'A builtin function that the policy called failed.'],
  ['approver_count_missing', 'The policy requires no approver, or fewer than one, although approval is needed.'],
  ['requirement_ambiguous', 'Two requirements of the policy have the same id.'],
  ['lifetime_missing', 'The policy sets no lifetime.'],
  ['review_missing', 'The policy sets no review date.'],
  ['approval_lifetime_missing', 'The policy does not say how long an approval counts.'],
  ['requester_unknown', 'The person in requested_by is not known to the organisation.'],
  ['caller_unknown', 'The person behind the calling client is not known to the organisation.'],
  [
    'requester_missing',
    'No known person is behind the request, so its approvers cannot be distinguished from the requester.',
  ],
  ['subject_unknown', "The subject's identity is not known to the organisation."],
  [
    'identity_changed',
    'The subject, the caller or requested_by is now a different person than when the case was opened: send a new request.',
  ],
  ['caller_inactive', 'The person behind the calling client has left or is suspended.'],
  ['requester_inactive', 'The person in requested_by has left or is suspended.'],
  ['case_expired', 'It was not approved before the case closed: send a new request.'],
  ['rejected', 'An eligible approver rejected it.'],
  // Why a review is due
  ['policy_changed', 'The currently active policy would not allow it.'],
  ['credential_outlives_grant', 'The credential expires after the grant.'],
  // Why an approval does not count
  ...[...APPROVAL_REASONS.values()].map(({ code, sentence }): [string, string] => [code, sentence]),
]);

/** Sentences of a policy, by the codes that it reports. */
export type Sentences = Readonly<Record<string, string>>;

/**
 * The sentence for a code. A code of the engine has the same sentence under every policy. A code of a policy has the sentence
 * of that policy; without one, or without the policy, it is the code in words: `Vendor unknown.`
 */
export function describeCode(code: string, sentences: Sentences = {}): string {
  const ofPolicy = Object.hasOwn(sentences, code) ? sentences[code] : undefined;
  return engineSentence(code) ?? ofPolicy ?? `${code.charAt(0).toUpperCase()}${code.slice(1).replaceAll('_', ' ')}.`;
}

/** The sentence for a code of the engine; undefined for any other code. */
export function engineSentence(code: string): string | undefined {
  return SENTENCES.get(code);
}
