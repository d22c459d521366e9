import { AppError } from '../base/errors.ts';
import type { Answer } from '../contract/answer.ts';
import type { DecisionRecord } from '../contract/record.ts';
import type { Statement } from '../contract/statement.ts';
import { stateOf } from '../domain/grant.ts';
import { isDecision, isEnding, outcomeAfter } from '../domain/statement.ts';
import type { IdempotencyEntry } from '../store/store.ts';
import type { CaseParts } from './case-parts.ts';
import type { IdempotencyClaim } from './idempotency.ts';
import type { CommittedDecision } from './keep.ts';

/** The result of a call, or the record of the first call if its idempotency key was used before. */
export type OnceResult<Kept, T extends Statement> =
  | { replayed: false; kept: Kept }
  | { replayed: true; record: T; jws: string };

/** A decision that a call led to. A replayed one comes with the state of its case now. */
export type DecisionResult =
  | ({ replayed: false } & CommittedDecision)
  | { replayed: true; record: DecisionRecord; jws: string; latest: Latest; asOf: string };

/** The state of a case. */
export type Latest = NonNullable<Answer['latest']>;

/**
 * Acts once per idempotency claim. `isOwn` says whether a record is one that this call leads to: a row that leads a key to
 * another record must not answer for it. `act` resolves with null where it has to be tried again. Rejects with AppError
 * `record_invalid`, as Idempotency.once does, and as `act` does.
 */
export async function once<Kept, T extends Statement>(
  { idempotency, records }: Pick<CaseParts, 'idempotency' | 'records'>,
  {
    claim,
    isOwn,
    idOf,
  }: { claim: IdempotencyClaim; isOwn: (record: Statement) => record is T; idOf: (kept: Kept) => string },
  act: (entry: IdempotencyEntry | null) => Promise<Kept | null>,
): Promise<OnceResult<Kept, T>> {
  const result = await idempotency.once(claim, async (entry) => {
    const kept = await act(entry);
    return kept && { id: idOf(kept), value: kept };
  });
  if ('first' in result) return { replayed: false, kept: result.first };
  const { record, jws } = await records.read(result.replayOf);
  const author = authorOf(record);
  const isOfCaller = author?.client === claim.caller.client && author.principal === claim.caller.principal;
  if (isOfCaller && isOwn(record)) return { replayed: true, record, jws };
  throw new AppError(
    'record_invalid',
    `The store names record ${record.jti} for an idempotency key that did not lead to it.`,
  );
}

/** once() for calls that lead to a decision. */
export async function decideOnce(
  parts: Pick<CaseParts, 'idempotency' | 'records' | 'readCase' | 'clock'>,
  claimed: { claim: IdempotencyClaim; isOwn: (record: DecisionRecord) => boolean },
  act: (entry: IdempotencyEntry | null) => Promise<CommittedDecision | null>,
): Promise<DecisionResult> {
  const isOwn = (record: Statement): record is DecisionRecord => isDecision(record) && claimed.isOwn(record);
  const result = await once(parts, { claim: claimed.claim, isOwn, idOf: ({ id }) => id }, act);
  if (!result.replayed) return { replayed: false, ...result.kept };
  const { record, jws } = result;
  const now = parts.clock().toISOString();
  const latest = await latestOf(parts, record.case, now);
  return { replayed: true, record, jws, latest, asOf: latest.id === record.jti ? now : record.evaluated_at };
}

async function latestOf({ readCase }: Pick<CaseParts, 'readCase'>, caseId: string, now: string): Promise<Latest> {
  const { decision, last, standing } = await readCase(caseId);
  const { jti, seq } = decision.record;
  const ended = isEnding(last.record) ? last.record.statement : null;
  return { id: jti, seq, outcome: outcomeAfter(last.record), ended, grant_state: standing && stateOf(standing, now) };
}

/** The caller that led to a record; null if there is none. */
function authorOf(record: Statement): { client: string; principal: string | null } | null {
  if (!isDecision(record)) return 'caller' in record ? record.caller : null;
  return record.seq === 0 ? record.caller : (record.approvals.at(-1)?.submitted_by ?? null);
}
