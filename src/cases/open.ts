import { digestOf } from '../base/canonical-json.ts';
import type { Caller } from '../contract/record.ts';
import type { AccessRequest } from '../contract/request.ts';
import { caseKeysOf } from '../domain/history/case-keys.ts';
import type { IdempotencyEntry } from '../store/store.ts';
import type { CaseParts, CasePool } from './case-parts.ts';
import { inTurnOfRequest } from './case-queue.ts';
import { isActive, type PendingDecision, reportFault, withHistory } from './judging.ts';
import { type CommittedDecision, keepDecision } from './keep.ts';
import { type DecisionResult, decideOnce } from './replay.ts';
import { firstPosition } from './seal.ts';
import { judgeAndSeal } from './seal-orders.ts';

export interface OpenCall {
  request: AccessRequest;
  caller: Caller;
  /** Counts for its route: the same key may stand for another case elsewhere. */
  key: string | null;
  /** Default: `decisions`. */
  route?: string;
}

/**
 * Decides a request: a new case. Rejects with AppError `overloaded`, `store_unavailable`, `idempotency_mismatch`,
 * `unauthenticated`.
 *
 * @example const result = await openCase(parts, { request, caller, key: null });
 */
export function openCase(parts: CaseParts, call: OpenCall): Promise<DecisionResult> {
  const { request, caller, key, route = 'decisions' } = call;
  return decideOnce(
    parts,
    {
      claim: { caller, route, key, body: request },
      isOwn: (record) => record.seq === 0 && record.request_digest === digestOf(request),
    },
    (idempotency) => openOnce(parts, call, idempotency),
  );
}

/**
 * revalidate -> identify -> history -> judge and seal (one round trip to a worker) -> commit. Null: to be tried again. The turn is over
 * when the commit has begun, because the history shows the case from then on.
 */
async function openOnce(
  parts: CaseParts,
  { request, caller }: OpenCall,
  idempotency: IdempotencyEntry | null,
): Promise<CommittedDecision | null> {
  const begun = await inTurnOfRequest(parts, { client: caller.client, request }, async (pool) => {
    await parts.revalidate(caller); // The token may have been revoked while the request waited.
    const pending = newCase(pool, { request, caller, now: parts.clock().toISOString(), id: parts.newId() });
    const input = await withHistory(parts, pending);
    if (!isActive(parts, pool)) return null;
    const sealed = await judgeAndSeal(pool, input, pending.place);
    reportFault(parts, pool, { record: sealed.signed.id, fault: sealed.fault });
    return { committing: keepDecision(parts, sealed, idempotency) };
  });
  return begun?.committing ?? null;
}

/** The first decision of a case, with the person behind the caller and the keys of the case as the policy knows them. */
export function newCase(
  { directory }: Pick<CasePool, 'directory'>,
  { request, caller, now, id }: { request: AccessRequest; caller: Caller; now: string; id: string },
): PendingDecision {
  const person = caller.principal === null ? null : directory.personOf(caller.principal);
  return {
    input: {
      now,
      request,
      caller: { ...caller, person },
      approvals: [],
      occasion: { by: 'request' },
      opened: null,
      before: null,
    },
    place: { position: firstPosition(id), keys: caseKeysOf(request, directory) },
  };
}
