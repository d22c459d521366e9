import { canonicalJson } from '../base/canonical-json.ts';
import { AppError } from '../base/errors.ts';
import { OWN_CLIENT } from '../base/turns.ts';
import type { GrantEvent } from '../contract/grant-event.ts';
import type { DecisionRecord } from '../contract/record.ts';
import { needsOf } from '../domain/case-needs.ts';
import { reevaluated } from '../domain/grant.ts';
import type { DecisionInput, Judgement } from '../evaluation/judge.ts';
import type { CaseParts } from './case-parts.ts';
import { type CaseTurn, inTurnOfCase } from './case-queue.ts';
import { grantIn, keepGrantEvent, refuseRevoked } from './grant-step.ts';
import { isActive, judgePending, policyChanged, refuseFault, reportFault } from './judging.ts';
import { type CommittedDecision, type CommittedStatement, keepDecision } from './keep.ts';
import { nextDecision } from './open-case.ts';
import { sealJudgement } from './seal-orders.ts';

/** The record that was stored because another policy decides differently. */
export type Redecided = CommittedDecision | CommittedStatement<Reevaluation>;

type Reevaluation = Extract<GrantEvent, { statement: 'evaluation' }>;

/**
 * Judges an open case or a grant by another policy than the one that judged it last. An open case gets a decision where it
 * now needs something else, or is denied; it is never allowed (law 11). A grant gets a statement where it would not be allowed
 * any more, or would be allowed again. Null where nothing changes; then nothing is signed. Rejects with AppError
 * `case_closed`, `case_not_granted`, `grant_over` where the case ended meanwhile, `overloaded`, `policy_failed`, and
 * `store_unavailable` where the record was not kept.
 */
export function redecide(parts: CaseParts, { caseId }: { caseId: string }): Promise<Redecided | null> {
  return inTurnOfCase<Redecided>(parts, { client: OWN_CLIENT, caseId }, (turn) => redecideInTurn(parts, turn));
}

/** The same in the turn of the case. */
export function redecideInTurn(parts: CaseParts, turn: CaseTurn): Promise<Redecided | null> {
  return turn.on.standing === null ? redecideOpenCase(parts, turn) : redecideGrant(parts, turn);
}

async function redecideOpenCase(parts: CaseParts, turn: CaseTurn): Promise<CommittedDecision | null> {
  const { record, ...pending } = nextDecision(parts, turn);
  if (wasJudgedBy(turn)) return null;
  const judgement = await judgePending(parts, turn.pool, pending);
  if (judgement === null) throw policyChanged();
  refuseFault(judgement);
  if (needsOf(judgement) === needsOf(record)) return null;
  return requireKept(await keepDecision(parts, await sealJudgement(parts.pool(), judgement, pending.place), null));
}

async function redecideGrant(parts: CaseParts, turn: CaseTurn): Promise<CommittedStatement<Reevaluation> | null> {
  const grant = grantIn(turn);
  refuseRevoked(grant);
  if (wasJudgedBy(turn)) return null;
  const { pool, on } = turn;
  if (!isActive(parts, pool)) throw policyChanged();
  const judgement = await pool.judge(inputOfGrant(on.decision.record));
  reportFault(parts, pool, { record: on.decision.record.jti, fault: judgement.fault });
  refuseFault(judgement);
  const standing = reevaluated(grant.standing, judgement.decision.outcome === 'allow', pool.ref.digest);
  if (standing === null) return null;
  const own = { statement: 'evaluation' as const, standing, ...reevaluationOf(judgement) };
  return requireKept(await keepGrantEvent<Reevaluation>(parts, grant, { own, idempotency: null }));
}

/** By the active policy it was decided, or judged since. */
function wasJudgedBy({ on: { head, decision }, pool: { ref } }: CaseTurn): boolean {
  return head.last_policy === ref.digest || (head.outcome !== 'allow' && decision.record.policy.digest === ref.digest);
}

/** The input of a grant, to be judged again: at the instant of the grant and with its approvals. */
function inputOfGrant(granted: DecisionRecord): DecisionInput {
  const { case: caseId, previous, evaluated_at: now, request, caller, approvals, history, opened, decision } = granted;
  return {
    now,
    request,
    caller,
    approvals,
    history: canonicalJson(history),
    // The question is whether it would be allowed, not whether it was confirmed.
    occasion: { by: 'request' },
    opened,
    before: previous && { case: caseId, counted: decision.counted, not_counted: decision.not_counted },
  };
}

type FromJudgement = Pick<Reevaluation, 'evaluated_at' | 'input_digest' | 'evaluation' | 'decision' | 'builtin_errors'>;

function reevaluationOf({
  evaluated_at,
  input_digest,
  evaluation,
  decision,
  builtin_errors,
}: Judgement): FromJudgement {
  return { evaluated_at, input_digest, evaluation, decision, builtin_errors };
}

function requireKept<T>(kept: T | null): T {
  if (kept !== null) return kept;
  throw new AppError('store_unavailable', 'Another record was added first; the case will be evaluated again.');
}
