import { AppError } from '../base/errors.ts';
import { addSeconds } from '../base/instant.ts';
import type { Approval, VerdictRequest } from '../contract/approval.ts';
import type { Caller, DecisionRecord } from '../contract/record.ts';
import { isConfirmable, requireNew, requireRoom } from '../domain/approval/admission.ts';
import { type Approver, resolveApprover } from '../domain/approval/approval.ts';
import { identifySigner } from '../domain/approval/approval-signature.ts';
import type { Signable } from '../domain/approval/signed-verdict.ts';
import type { IdempotencyEntry } from '../store/store.ts';
import type { CaseCall, CaseParts } from './case-parts.ts';
import { type CaseTurn, inTurnOfCase, readTurn } from './case-queue.ts';
import { judgePending, type PendingDecision, refuseFault } from './judging.ts';
import { type CommittedDecision, keepDecision } from './keep.ts';
import { nextDecision, requireOpen } from './open-case.ts';
import { redecideInTurn } from './redecide.ts';
import { type DecisionResult, decideOnce } from './replay.ts';
import { sealJudgement } from './seal-orders.ts';

/** A verdict, and who submits it. */
interface Given {
  verdict: VerdictRequest;
  caller: Caller;
  /** Null if only the signature of the verdict identifies the approver. */
  approver: Approver | null;
}

/**
 * Adds a verdict to an open case and decides the case again. Rejects with AppError `forbidden`, `unauthenticated`,
 * `seen_mismatch`, `signature_invalid`, `case_closed`, `already_given`, `case_full`, `policy_failed`, and as openCase does.
 */
export async function approve(parts: CaseParts, call: CaseCall<VerdictRequest>): Promise<DecisionResult> {
  const { caseId, body: verdict, caller, key } = call;
  const given: Given = { verdict, caller, approver: resolveApprover(verdict, caller) };
  const isOwn = ({ case: of, approvals }: DecisionRecord) =>
    of === caseId && approvals.at(-1)?.seen === verdict.seen && approvals.at(-1)?.verdict === verdict.verdict;
  const claim = { caller, route: `cases/${caseId}/approvals`, key, body: verdict };
  return decideOnce(parts, { claim, isOwn }, (idempotency) =>
    inTurnOfCase(parts, { client: caller.client, caseId }, (turn) =>
      approveInTurn(parts, turn, { given, idempotency }),
    ),
  );
}

/**
 * follow the policy -> check what was seen -> judge -> check -> seal -> commit. A verdict that is refused is not sealed.
 * Null: to be tried again.
 */
async function approveInTurn(
  parts: CaseParts,
  turn: CaseTurn,
  { given, idempotency }: { given: Given; idempotency: IdempotencyEntry | null },
): Promise<CommittedDecision | null> {
  const { record, ...pending } = nextDecision(parts, await followPolicy(parts, turn));
  const approval = await toApproval(parts, { given, record, now: pending.input.now });
  const isPolicyNew = record.policy.digest !== turn.pool.ref.digest;
  requireNew({ approvals: record.approvals, decision: record.decision, isPolicyNew }, approval);
  const judgement = await judgePending(parts, turn.pool, withApproval(pending, approval));
  if (judgement === null) return null;
  refuseFault(judgement);
  requireRoom(record.approvals, approval, judgement.decision);
  // The token may have been revoked while the verdict was judged.
  await parts.revalidate(given.caller);
  return keepDecision(parts, await sealJudgement(parts.pool(), judgement, pending.place), idempotency);
}

/**
 * The requirements of the active policy have to be shown first, before a verdict that was given under weaker ones is used.
 */
async function followPolicy(parts: CaseParts, turn: CaseTurn): Promise<CaseTurn> {
  requireOpen(turn.on, turn.at);
  const redecided = await redecideInTurn(parts, turn);
  return redecided === null ? turn : readTurn(parts, { pool: turn.pool, caseId: turn.on.head.case });
}

function withApproval({ input, place }: PendingDecision, approval: Approval): PendingDecision {
  const approvals = [...input.approvals, approval];
  return { input: { ...input, approvals, occasion: { by: 'verdict', approval: approval.id } }, place };
}

async function toApproval(
  parts: Pick<CaseParts, 'store' | 'records' | 'pool' | 'clock' | 'newId'>,
  { given, record, now }: { given: Given; record: DecisionRecord; now: string },
): Promise<Approval> {
  const { verdict, caller, approver } = given;
  const { request_digest, evaluation, case: caseId } = record;
  const { seen, comment, signature = null } = verdict;
  const shown = await requireSeen(parts, verdict, record);
  const said: Signable = { case: caseId, seen, request_digest, verdict: verdict.verdict, comment };
  const { directory } = parts.pool();
  const { identity, assurance, authenticatedAt } =
    approver ?? identifySigner(signature ?? '', said, directory, parts.clock());
  return {
    id: parts.newId(),
    case: caseId,
    request_digest,
    approver: { identity, assurance, person: null, groups: [] },
    verdict: verdict.verdict,
    comment,
    at: now,
    expires_at: addSeconds(now, evaluation?.approval_ttl_seconds ?? 0),
    seen,
    seen_tier: shown.decision.tier,
    authenticated_at: authenticatedAt,
    signature,
    on_behalf_of: verdict.on_behalf_of === undefined ? null : { identity: verdict.on_behalf_of, person: null },
    submitted_by: { client: caller.client, principal: caller.principal, person: null },
  };
}

/**
 * The record that an approver was shown has to be of this case, for the same request. Rejects with AppError `seen_mismatch`,
 * also where the case waits for a confirmation and an older record was shown.
 */
async function requireSeen(
  { store, records }: Pick<CaseParts, 'store' | 'records'>,
  { seen, verdict }: VerdictRequest,
  record: DecisionRecord,
): Promise<DecisionRecord> {
  if (seen === record.jti) return record;
  const isOfCase = (await store.record(seen))?.case === record.case;
  const shown = isOfCase ? (await records.readDecision(seen)).record : null;
  if (shown?.case !== record.case || shown.request_digest !== record.request_digest) {
    throw new AppError('seen_mismatch', 'The member seen must name a record of this case.');
  }
  if (verdict === 'approve' && !isConfirmable(shown, record)) {
    throw new AppError(
      'seen_mismatch',
      `The case waits for a confirmation of its current state: check record ${record.jti} and name it in seen.`,
    );
  }
  return shown;
}
