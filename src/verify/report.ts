import type { DecisionRecord } from '../contract/record.ts';
import type { Statement } from '../contract/statement.ts';

/** Every check, by its name in reports, in the order in which they run, and what it establishes. */
export const CHECKS = {
  format: 'The record is a compact JWS, in the one form that base64url has for its bytes.',
  type: 'Its header says that it is a record, and asks for no extension.',
  key: 'The JWKS has the key that the header names, and the algorithm is that of the key.',
  signature: 'The signature verifies with that key over the bytes as received.',
  schema: 'The payload has the members of a statement and no others.',
  digests: 'Its digests match its own members, and its signed approvals match what was signed.',
  chain: 'It names the record before it by id and digest.',
  step: 'It may follow on the record before it, and changes nothing that was recorded.',
  grant_event: 'It names the grant that it changes, and the grant status in it follows from its statement.',
  time: 'Its two times agree.',
  opening: 'A case opens with its first decision, without approvals.',
  outcome: 'Its outcome, lifetimes and reasons agree with one another.',
  counting: 'The approvals that it counts are of this case, in force, and of persons who are not behind the request.',
  recount: 'Deciding again from its evaluation and approvals gives the same decision.',
  approval_signatures:
    'Approvals that persons signed verify by the keys that the bundle which decided registers for them.',
  unsigned_members: 'The JSON around the records agrees with them.',
} as const;
export type CheckName = keyof typeof CHECKS;

export interface CheckResult {
  check: CheckName;
  /** `skipped`: what the check needs was not given. A check that has nothing to do with a record is not listed. */
  result: 'passed' | 'failed' | 'skipped';
  /** What is wrong, or why it was skipped, each as a sentence that names its record or place. */
  why: string[];
}

/** A verified record and the compact JWS that holds it. */
export interface Link {
  jws: string;
  record: Statement;
}

/** One record that was given. */
export interface RecordReport {
  jws: string;
  /** Where it was found, such as `cases.ndjson, line 3, chain link 0`. */
  place: string;
  /** What it says; null where it is not genuine, not a record, or not one of a case. */
  record: Statement | null;
  checks: CheckResult[];
}

/** What verification established about one case. */
export interface CaseReport {
  case: string;
  isValid: boolean;
  /** The genuine records, in the order of the case. */
  records: Statement[];
  /** Those of them that are decisions. */
  decisions: DecisionRecord[];
  /** False where records before the first one given are missing: each one is genuine, the beginning was not seen. */
  fromBeginning: boolean;
  /** The checks of each record that was given, genuine ones last and in the order of the case. */
  checks: RecordReport[];
  /** The check of the JSON around the records; null where there is none. */
  unsignedMembers: CheckResult | null;
  /** All that is wrong: what the failed checks say. */
  faults: string[];
  /** Names of members around the records that nothing signed confirms. */
  ignored: string[];
  /** Instants, unsigned, at which members around the records were said. */
  asOf: string[];
  /** Who says, unsigned, that the case goes on to which seq, though no such record was given. */
  saidToGoOn: { place: string; seq: number }[];
}

/** What verification established about all that was given. */
export interface VerificationReport {
  /** Whether everything that was given is valid. */
  isValid: boolean;
  cases: CaseReport[];
  /** Records that are not genuine and name no case, and those of `unsupported`. */
  others: RecordReport[];
  /** All that is wrong and belongs to no case, each as a sentence that names its place. */
  faults: string[];
  /**
   * Genuine records that this version does not check, those about access tokens, each as a sentence that names its place.
   * With one of them, `isValid` is false.
   */
  unsupported: string[];
  /** Places of what is not signed and belongs to no case. */
  unsigned: string[];
  /** How many approvals that persons signed verify by the bundle; null without a bundle. */
  signedApprovals: number | null;
}
