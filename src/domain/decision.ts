import type { Sha256 } from '../base/canonical-json.ts';
import { addSeconds } from '../base/instant.ts';
import { compareText } from '../base/text.ts';
import type { Approval } from '../contract/approval.ts';
import type { Decision } from '../contract/decision.ts';
import type { Evaluation, Tier } from '../contract/evaluation.ts';
import { fillPlaces, type PreviousCount, type Refusal, screen } from './approval/counting.ts';
import { type ApprovalReason, CASE_DENIED, NO_EVALUATION } from './approval/reasons.ts';
import type { BarredPerson } from './approval/separation-of-duties.ts';
import { DEFAULT_CASE_TTL_SECONDS } from './evaluation.ts';

/** Why there is no usable evaluation. Each ends in a deny at the highest tier (law 2). */
export const EVALUATION_FAULTS = [
  'evaluation_undefined',
  'evaluation_invalid',
  'evaluation_failed',
  'evaluation_timeout',
  'evaluation_memory',
  'builtin_error',
] as const;
export interface EvaluationFault {
  fault: (typeof EVALUATION_FAULTS)[number];
}

/**
 * What leads to a decision: the request itself, a verdict (its id), or no action of a person (for example, another policy).
 */
export type Occasion = { by: 'request' } | { by: 'verdict'; approval: string } | { by: 'sweep' };

export interface DecideInput {
  evaluation: Evaluation | EvaluationFault;
  approvals: readonly Approval[];
  barred: readonly BarredPerson[];
  /** Codes for persons whose identity is not known, so that approvers cannot be distinguished from them. */
  undetermined: readonly string[];
  /** Codes that deny at every tier. */
  forbidden: readonly string[];
  /** The previous decision; null for a new case. */
  before: PreviousCount;
  occasion: Occasion;
  /** Null while the case has no record yet, and then no approval can belong to it. */
  case: string | null;
  requestDigest: Sha256;
  /** When the case was opened, and the pinned instant of the evaluation: UTC, milliseconds, Z. */
  openedAt: string;
  now: string;
}

/**
 * Derives the outcome from an evaluation and the approvals of the case. Pure and total: the same input gives the same
 * decision, in whatever order approvals come, and what no policy may relax is enforced here (laws 2 and 3).
 *
 * It is part of the record format: `countersign/verify` decides again from the content of a record. A change that gives
 * another decision for the same input would make existing records invalid, and needs a new version of the format.
 */
export function decide(input: DecideInput): Decision {
  const { evaluation, now } = input;
  if ('fault' in evaluation)
    return denied('critical', [evaluation.fault], [], input.approvals.map(refusedFor(NO_EVALUATION)));

  const closesAt = addSeconds(input.openedAt, evaluation.case_ttl_seconds ?? DEFAULT_CASE_TTL_SECONDS);
  const { occasion } = input;
  const given = occasion.by === 'verdict' ? occasion.approval : null;
  const { rejects, candidates, refused } = screen({ ...input, given }, evaluation);
  const codes = denialsOf(input, evaluation, { isRejected: rejects.length > 0, isOver: closesAt <= now });
  if (codes.length > 0) {
    const counted = rejects.map(({ approval, person }) => ({ approval: approval.id, person, requirement: null }));
    const rest = [...refused, ...candidates.map(({ approval }) => approval).map(refusedFor(CASE_DENIED))];
    return { ...denied(evaluation.tier, codes, evaluation.controls, rest), counted };
  }

  const { counted, refused: unplaced } = fillPlaces(evaluation, candidates, given);
  const status = evaluation.requirements.map((requirement) => {
    const have = counted.filter((entry) => entry.requirement === requirement.id).length;
    const { id, any_of, count, code: _, ...least } = requirement;
    return { requirement: id, any_of, have, need: count, ...least };
  });
  const unmet = status.filter(({ have, need }) => have < need);
  // Law 11: nothing but the request itself, or a verdict that counts, makes an allow.
  const isOccasion = occasion.by === 'request' || counted.some(({ approval }) => approval === given);
  const allowed = unmet.length === 0 && isOccasion;
  return {
    outcome: allowed ? 'allow' : 'approval_required',
    tier: evaluation.tier,
    denials: [],
    satisfied: status.filter(({ have, need }) => have >= need).map(({ requirement }) => requirement),
    unmet,
    confirmation_needed: unmet.length === 0 && !isOccasion,
    counted,
    not_counted: byApproval([...refused, ...unplaced]),
    obligations: evaluation.obligations,
    expires_at: allowed ? addSeconds(now, evaluation.max_ttl_seconds ?? 0) : null,
    review_by: allowed ? addSeconds(now, evaluation.review_after_seconds ?? 0) : null,
    closes_at: allowed ? null : closesAt,
    controls: evaluation.controls,
  };
}

function denialsOf(
  input: DecideInput,
  evaluation: Evaluation,
  { isRejected, isOver }: { isRejected: boolean; isOver: boolean },
): string[] {
  // A policy that denies has said why; other faults of its result do not matter then.
  const denials = evaluation.denials.map(({ code }) => code);
  return [
    ...(denials.length > 0 ? denials : engineDenials(input, evaluation)),
    ...input.forbidden,
    ...(isRejected ? ['rejected'] : []),
    ...(isOver ? ['case_expired'] : []),
  ];
}

/** The faults that allow only a denial, whatever the policy intended. */
function engineDenials({ undetermined }: DecideInput, evaluation: Evaluation): string[] {
  const { tier, requirements, max_ttl_seconds, review_after_seconds, approval_ttl_seconds } = evaluation;
  const codes: string[] = [];
  const aboveLowest = tier !== 'low';
  if ((aboveLowest && requirements.length === 0) || requirements.some(({ count }) => count < 1)) {
    codes.push('approver_count_missing');
  }
  if (new Set(requirements.map(({ id }) => id)).size < requirements.length) codes.push('requirement_ambiguous');
  if (!isPositive(max_ttl_seconds)) codes.push('lifetime_missing');
  if (!isPositive(review_after_seconds)) codes.push('review_missing');
  if (requirements.length > 0 && !isPositive(approval_ttl_seconds)) codes.push('approval_lifetime_missing');
  if (aboveLowest || requirements.length > 0) codes.push(...undetermined);
  return codes;
}

function isPositive(seconds: number | undefined): boolean {
  return seconds !== undefined && seconds > 0;
}

function byApproval(refusals: Refusal[]): Refusal[] {
  return refusals.toSorted((a, b) => compareText(a.approval, b.approval));
}

function denied(tier: Tier, codes: string[], controls: string[], refused: Refusal[]): Decision {
  return {
    outcome: 'deny',
    tier,
    denials: [...new Set(codes)].sort().map((code) => ({ code })),
    satisfied: [],
    unmet: [],
    confirmation_needed: false,
    counted: [],
    not_counted: byApproval(refused),
    obligations: [],
    expires_at: null,
    review_by: null,
    closes_at: null,
    controls,
  };
}

function refusedFor({ code }: ApprovalReason): (approval: Approval) => Refusal {
  return (approval) => ({ approval: approval.id, code });
}
