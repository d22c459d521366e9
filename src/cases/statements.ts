import { canonicalJson, type Sha256 } from '../base/canonical-json.ts';
import { type SigningKey, signCompact } from '../base/jws.ts';
import type { PolicyRef } from '../contract/record.ts';
import type { Statement } from '../contract/statement.ts';
import { RECORD_TYPE, recordDigest } from '../domain/record.ts';
import { instantOf } from '../domain/statement.ts';
import type { Maker } from '../evaluation/decider.ts';
import type { VerifiedCase } from '../evidence/case-reader.ts';
import type { SignedStatement } from '../evidence/record-reader.ts';
import { type CaseHead, commitOne, type IdempotencyEntry } from '../store/store.ts';
import type { CaseParts } from './case-parts.ts';

/** A statement that is kept; `replayed`: an idempotency key led here again. */
export interface KeptStatement<T extends Statement> {
  record: T;
  jws: string;
  replayed: boolean;
}

/** What a step needs that states something without deciding. */
export interface StatementParts extends CaseParts {
  key: SigningKey;
  maker: Maker;
}

/** Something that is to be stated on a case, after its newest record. */
export interface Stating<T extends Statement> {
  on: VerifiedCase;
  at: string;
  policy: PolicyRef;
  /** The members of the statement that are its own. */
  said: object;
  /** The head of the case after the statement. */
  headAfter: (record: T) => CaseHead;
  idempotency: IdempotencyEntry | null;
}

/** Signs a statement that is no decision, and keeps it. Null: another record of the case, or the same key, came first. */
export async function keepStatement<T extends Exclude<Statement, { statement: 'decision' }>>(
  { store, key, maker, newId }: Pick<StatementParts, 'store' | 'key' | 'maker' | 'newId'>,
  { on, at, policy, said, headAfter, idempotency }: Stating<T>,
): Promise<KeptStatement<T> | null> {
  const { head, last } = on;
  const record = {
    iss: maker.issuer,
    jti: newId(),
    iat: Math.floor(Date.parse(at) / 1000),
    case: head.case,
    seq: head.seq + 1,
    previous: referenceTo(last),
    at,
    kind: head.kind,
    policy,
    engine: { version: maker.version },
    ...said,
  } as unknown as T;
  const jws = signCompact(canonicalJson(record), key, RECORD_TYPE);
  const { jti: id, seq } = record;
  const digest = recordDigest(jws);
  const result = await commitOne(store, {
    record: { id, case: head.case, seq, at, jws, digest },
    leaf: digest,
    outbox: [],
    caseHead: headAfter(record),
    idempotency,
  });
  return result.status === 'committed' ? { record, jws, replayed: false } : null;
}

export function referenceTo({ record, jws }: SignedStatement): { jti: string; digest: Sha256 } {
  return { jti: record.jti, digest: recordDigest(jws) };
}

/** The instant of a statement that follows: a clock that is set back must not make it older than the one before it. */
export function instantAfter({ record }: SignedStatement, now: Date): string {
  return new Date(Math.max(now.getTime(), Date.parse(instantOf(record)))).toISOString();
}
