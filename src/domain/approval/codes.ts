import { APPROVAL_CHECKS } from './check-table.ts';
import { type ApprovalReason, CASE_DENIED, NO_EVALUATION } from './reasons.ts';
import { UNPLACED_CHECKS } from './unplaced.ts';

/**
 * Every reason of the engine why an approval does not count, by its code. A policy may add reasons for approvals that it does
 * not list as eligible.
 */
export const APPROVAL_REASONS: ReadonlyMap<string, ApprovalReason> = new Map(
  [NO_EVALUATION, ...APPROVAL_CHECKS, CASE_DENIED, ...UNPLACED_CHECKS].map((reason) => [reason.code, reason]),
);
