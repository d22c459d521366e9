import type { Statement } from '../contract/statement.ts';
import { instantOf } from '../domain/statement.ts';
import type { VerifiedCase } from '../evidence/case-reader.ts';
import type { SignedStatement } from '../evidence/record-reader.ts';
import { type CaseHead, commitOne, type IdempotencyEntry } from '../store/store.ts';
import type { CaseParts } from './case-parts.ts';
import { type PlainStatement, positionAfter, type Said } from './seal.ts';
import { sealSaid } from './seal-orders.ts';

/** A statement that is kept; `replayed`: an idempotency key led here again. */
export interface KeptStatement<T extends Statement> {
  record: T;
  jws: string;
  replayed: boolean;
}

/** Something that is to be stated on a case, after its newest record. */
export interface Stating<T extends PlainStatement> {
  on: VerifiedCase;
  said: Said<T>;
  /** The head of the case after the statement. */
  headAfter: (record: T) => CaseHead;
  idempotency: IdempotencyEntry | null;
}

/**
 * Seals a statement that is no decision, and keeps it. Null: another record of the case, or the same key, came first; only
 * then a signed record is thrown away.
 */
export async function keepStatement<T extends PlainStatement>(
  { store, pool, newId }: Pick<CaseParts, 'store' | 'pool' | 'newId'>,
  { on, said, headAfter, idempotency }: Stating<T>,
): Promise<KeptStatement<T> | null> {
  const { record, signed } = await sealSaid<T>(pool(), said, positionAfter(on.last, newId()));
  const result = await commitOne(store, {
    record: signed,
    caseHead: headAfter(record),
    idempotency,
    leaf: signed.digest,
    outbox: [],
  });
  return result.status === 'committed' ? { record, jws: signed.jws, replayed: false } : null;
}

/** The instant of a statement that follows: a clock that is set back must not make it older than the one before it. */
export function instantAfter({ record }: SignedStatement, now: Date): string {
  return new Date(Math.max(now.getTime(), Date.parse(instantOf(record)))).toISOString();
}
