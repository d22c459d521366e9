import type { Outcome } from '../contract/decision.ts';
import type { Tier } from '../contract/evaluation.ts';
import { type CaseHead, commitOne, type IdempotencyEntry } from '../store/store.ts';
import type { CaseParts } from './case-parts.ts';
import type { CaseTurn } from './case-queue.ts';
import { type PlainStatement, positionAfter, type Said, type SignedRecord } from './seal.ts';
import { type SealedDecision, sealSaid } from './seal-orders.ts';

/*
 * How records are kept. A signature is discarded only where something happens between signing and commit: another record of
 * the case, or the same idempotency key, is committed first; a new case that its history may show is not kept; the store
 * fails; or a worker ends before it hands over its batch of results.
 */

/** A decision that is committed. */
export interface CommittedDecision {
  id: string;
  case: string;
  outcome: Outcome;
  tier: Tier;
  /** The record: a compact JWS. */
  jws: string;
  /** What the worker rendered; see SealerParts. */
  rendered: string;
}

/** A statement that is committed, and is no decision. */
export interface CommittedStatement<T extends PlainStatement = PlainStatement> {
  record: T;
  /** The record: a compact JWS. */
  jws: string;
}

/** A statement without the members that every statement on a case has. */
export type OwnMembers<T extends PlainStatement> =
  Said<T> extends infer S ? (S extends Said<T> ? Omit<S, 'at' | 'kind' | 'policy'> : never) : never;

/** A statement that is about to be made. */
export interface PendingStatement<T extends PlainStatement> {
  own: OwnMembers<T>;
  headAfter: (record: T) => CaseHead;
  idempotency: IdempotencyEntry | null;
}

/** Commits a sealed decision. Null: another record or the same key came first, or a case that it looked at was not kept. */
export async function keepDecision(
  parts: Pick<CaseParts, 'store' | 'onDecision'>,
  { signed, head, rendered }: SealedDecision,
  idempotency: IdempotencyEntry | null,
): Promise<CommittedDecision | null> {
  if (!(await commit(parts, { signed, head, idempotency }))) return null;
  const { outcome, tier } = head;
  parts.onDecision({ outcome, tier });
  return { id: signed.id, case: signed.case, outcome, tier, jws: signed.jws, rendered };
}

/** Seals and commits a statement that decides nothing. Null: another record or the same key came first. */
export async function keepStatement<T extends PlainStatement>(
  parts: Pick<CaseParts, 'store' | 'pool' | 'newId'>,
  { pool, on, at }: CaseTurn,
  { own, headAfter, idempotency }: PendingStatement<T>,
): Promise<CommittedStatement<T> | null> {
  const said = { at, kind: on.head.kind, policy: pool.ref, ...own } as unknown as Said<T>;
  // The workers of `pool` may be ending by now; those of the active policy seal what it found.
  const { record, signed } = await sealSaid<T>(parts.pool(), said, positionAfter(on.last, parts.newId()));
  const isCommitted = await commit(parts, { signed, head: headAfter(record), idempotency });
  return isCommitted ? { record, jws: signed.jws } : null;
}

async function commit(
  { store }: Pick<CaseParts, 'store'>,
  { signed, head, idempotency }: { signed: SignedRecord; head: CaseHead; idempotency: IdempotencyEntry | null },
): Promise<boolean> {
  const entry = { record: signed, caseHead: head, idempotency, leaf: signed.digest, outbox: [] };
  return (await commitOne(store, entry)).status === 'committed';
}
