import { canonicalJson } from '../../base/canonical-json.ts';
import { AppError } from '../../base/errors.ts';
import type { Approval } from '../../contract/approval.ts';
import type { Decision } from '../../contract/decision.ts';
import { APPROVAL_REASONS } from './codes.ts';
import { signedPart } from './signed-verdict.ts';

/** Each record repeats all verdicts of its case. */
const MAX_VERDICTS = 256;
/** Verdicts that do not count, in a case: they are evidence too, but take no place that one which counts needs. */
const MAX_IDLE = 32;
/** Of these, how many one person hands in. */
const MAX_IDLE_BY_ONE = 8;

/** What a verdict is added to: the verdicts before it, and the decision that they led to. */
export interface GivenVerdicts {
  approvals: readonly Approval[];
  decision: Decision;
  /** Whether another policy became active since that decision: then a verdict that did not count may count. */
  isPolicyNew: boolean;
}

/**
 * The same verdict, through the same client and person, is taken once while it is in force, and the same signature once. A
 * verdict that only counts when it is given anew is another matter. Throws AppError `already_given`.
 */
export function requireNew(given: GivenVerdicts, next: Approval): void {
  const { approvals, decision, isPolicyNew } = given;
  if (approvals.some((each) => isSameSignature(each, next))) {
    throw new AppError('already_given', 'This signature is in the case already.');
  }
  if (decision.confirmation_needed) return;
  const codes = new Map(decision.not_counted.map(({ approval, code }) => [approval, code]));
  const stands = ({ id, expires_at }: Approval) => {
    const code = codes.get(id);
    const mayRepeat = code !== undefined && (APPROVAL_REASONS.get(code)?.mayBeGivenAgain || isPolicyNew);
    return expires_at > next.at && !mayRepeat;
  };
  if (approvals.some((each) => isSame(each, next) && stands(each))) {
    throw new AppError('already_given', `This verdict of ${next.approver.identity} is in the case already.`);
  }
}

/**
 * A verdict that counts always has a place, a reject above all; of those that do not, a case takes a few. `decided` is the
 * decision with the verdict. Throws AppError `case_full`.
 */
export function requireRoom(approvals: readonly Approval[], next: Approval, decided: Decision): void {
  const counts = decided.counted.some(({ approval }) => approval === next.id);
  if (counts && (next.verdict === 'reject' || approvals.length < MAX_VERDICTS)) return;
  if (counts) throw new AppError('case_full', `A case holds at most ${MAX_VERDICTS} verdicts.`);
  const idle = new Set(decided.not_counted.map(({ approval }) => approval));
  const others = approvals.filter(({ id }) => idle.has(id));
  if (others.length >= MAX_IDLE) {
    throw new AppError(
      'case_full',
      `A case takes at most ${MAX_IDLE} verdicts that do not count, and this one does not.`,
    );
  }
  const isByOne = (each: Approval) => each.submitted_by.principal !== null && submitter(each) === submitter(next);
  if (others.filter(isByOne).length >= MAX_IDLE_BY_ONE) {
    throw new AppError('case_full', `One person hands in at most ${MAX_IDLE_BY_ONE} verdicts that do not count.`);
  }
}

function isSame(a: Approval, b: Approval): boolean {
  return submitter(a) === submitter(b) && terms(a) === terms(b);
}

function submitter({ submitted_by: { client, principal } }: Approval): string {
  return canonicalJson([client, principal]);
}

function terms({ verdict, approver: { identity, assurance }, on_behalf_of }: Approval): string {
  return canonicalJson([verdict, identity, assurance, on_behalf_of?.identity ?? null]);
}

function isSameSignature({ signature: a }: Approval, { signature: b }: Approval): boolean {
  return typeof a === 'string' && typeof b === 'string' && signedPart(a) === signedPart(b);
}
