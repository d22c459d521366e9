import { canonicalJson } from '../../base/canonical-json.ts';
import { AppError } from '../../base/errors.ts';
import type { Approval } from '../../contract/approval.ts';
import type { Decision } from '../../contract/decision.ts';
import type { DecisionRecord } from '../../contract/record.ts';
import { APPROVAL_REASONS } from './codes.ts';
import { signedPart } from './signed-verdict.ts';

/** Each record repeats all verdicts of its case. */
const MAX_VERDICTS = 256;
/** Verdicts of a case that do not count. They are evidence too, but must not displace one that counts. */
const MAX_NOT_COUNTING = 32;
/** Of these, how many one person may submit. */
const MAX_NOT_COUNTING_BY_ONE = 8;

/** The verdicts of a case, and the decision that they led to. */
export interface GivenVerdicts {
  approvals: readonly Approval[];
  decision: Decision;
  /** Whether another policy became active since that decision: then a verdict that did not count may count. */
  isPolicyNew: boolean;
}

/**
 * Refuses a verdict that is already in the case: the same signature is never accepted twice, and the same verdict through the
 * same client and person only where the earlier one has expired, or does not count and may be given again. Throws AppError
 * `already_given`.
 */
export function requireNew(given: GivenVerdicts, next: Approval): void {
  const { approvals, decision, isPolicyNew } = given;
  if (approvals.some((each) => isSameSignature(each, next))) {
    throw new AppError('already_given', 'This signature is already in the case.');
  }
  if (decision.confirmation_needed) return;
  const codes = new Map(decision.not_counted.map(({ approval, code }) => [approval, code]));
  const isInForce = ({ id, expires_at }: Approval) => {
    const code = codes.get(id);
    const mayRepeat = code !== undefined && (isPolicyNew || APPROVAL_REASONS.get(code)?.mayBeGivenAgain === true);
    return expires_at > next.at && !mayRepeat;
  };
  if (approvals.some((each) => isSameVerdict(each, next) && isInForce(each))) {
    throw new AppError('already_given', `This verdict of ${next.approver.identity} is already in the case.`);
  }
}

/**
 * Limits the number of verdicts in a case. A reject that counts is always accepted. `decided` is the decision with the
 * verdict `next`, `approvals` are those before it. Throws AppError `case_full`.
 */
export function requireRoom(approvals: readonly Approval[], next: Approval, decided: Decision): void {
  const counts = decided.counted.some(({ approval }) => approval === next.id);
  if (counts && (next.verdict === 'reject' || approvals.length < MAX_VERDICTS)) return;
  if (counts) throw new AppError('case_full', `A case may contain at most ${MAX_VERDICTS} verdicts.`);
  const refused = new Set(decided.not_counted.map(({ approval }) => approval));
  const notCounting = approvals.filter(({ id }) => refused.has(id));
  if (notCounting.length >= MAX_NOT_COUNTING) {
    throw new AppError(
      'case_full',
      `A case accepts at most ${MAX_NOT_COUNTING} verdicts that do not count, and this one would not count.`,
    );
  }
  const isByTheSame = (each: Approval) =>
    each.submitted_by.principal !== null && submitterOf(each) === submitterOf(next);
  if (notCounting.filter(isByTheSame).length >= MAX_NOT_COUNTING_BY_ONE) {
    throw new AppError(
      'case_full',
      `One person may submit at most ${MAX_NOT_COUNTING_BY_ONE} verdicts that do not count.`,
    );
  }
}

/**
 * Whether an approval that was given for the record `shown` may confirm what the record `newest` says: both wait for a
 * confirmation under the same policy. Verdicts that came in between and do not count do not affect this, so that they cannot
 * be used to prevent a confirmation. A case that waits for no confirmation accepts every approval.
 */
export function isConfirmable(shown: DecisionRecord, newest: DecisionRecord): boolean {
  if (!newest.decision.confirmation_needed) return true;
  return shown.decision.confirmation_needed && shown.policy.digest === newest.policy.digest;
}

function isSameVerdict(a: Approval, b: Approval): boolean {
  return submitterOf(a) === submitterOf(b) && termsOf(a) === termsOf(b);
}

function submitterOf({ submitted_by: { client, principal } }: Approval): string {
  return canonicalJson([client, principal]);
}

function termsOf({ verdict, approver: { identity, assurance }, on_behalf_of }: Approval): string {
  return canonicalJson([verdict, identity, assurance, on_behalf_of?.identity ?? null]);
}

function isSameSignature({ signature: a }: Approval, { signature: b }: Approval): boolean {
  return typeof a === 'string' && typeof b === 'string' && signedPart(a) === signedPart(b);
}
