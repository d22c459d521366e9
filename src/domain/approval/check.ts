import type { Sha256 } from '../../base/canonical-json.ts';
import type { Approval } from '../../contract/approval.ts';
import type { Evaluation } from '../../contract/evaluation.ts';
import type { ApprovalReason } from './reasons.ts';
import type { BarredPerson } from './separation-of-duties.ts';

/** The case that approvals are counted for, at the instant of a decision. */
export interface CountedCase {
  evaluation: Evaluation;
  /** Null while the case has no record yet, and then no approval can belong to it. */
  case: string | null;
  requestDigest: Sha256;
  barred: readonly BarredPerson[];
  /** UTC, milliseconds, Z. */
  now: string;
}

/** An approval, and everything that the checks use. */
export interface ApprovalInCase extends CountedCase {
  approval: Approval;
  /** The groups for which policy lists the approval as eligible. */
  groups: ReadonlySet<string>;
  /** Whether it counted in the previous decision, or counted earlier and was requested again since. */
  hadCounted: boolean;
  /** Whether the approver was entitled when giving it: true for an approval that is given now. */
  wasEntitled: boolean;
}

/** An approval that no check refuses: it counts if it finds a place. */
export interface Candidate extends ApprovalInCase {
  person: string;
}

/** A named check: the approval does not count where `refuses` answers true. */
export interface ApprovalCheck<Given = ApprovalInCase> extends ApprovalReason {
  refuses: (given: Given) => boolean;
  /** The code to report instead of `code`, if the policy returned one. */
  codeOfPolicy?: (given: Given) => string | undefined;
}

/** The code of the first check that refuses; null where none does. */
export function firstRefusal<Given>(checks: readonly ApprovalCheck<Given>[], given: Given): string | null {
  const check = checks.find(({ refuses }) => refuses(given));
  return check === undefined ? null : (check.codeOfPolicy?.(given) ?? check.code);
}
