import { Canonical, canonicalJson, type Sha256 } from '../base/canonical-json.ts';
import type { DecisionRecord } from '../contract/record.ts';
import type { Statement } from '../contract/statement.ts';
import { type RecordDraft, recordDigest, recordText } from '../domain/record.ts';
import type { Judgement, JudgementTexts } from '../evaluation/judge.ts';
import type { SignedStatement } from '../evidence/record-reader.ts';
import type { StoredRecord } from '../store/stored-record.ts';

/*
 * Sealing makes a record of what was found or said, and signs it. Only what is about to be committed is sealed (law 10), and
 * always in a worker; see seal-orders.ts.
 */

/** The issuer named in records. */
export interface RecordIssuer {
  issuer: string;
  version: string;
}

/** Names another record. */
export interface RecordReference {
  jti: string;
  digest: Sha256;
}

/** Where a record stands in its case. `previous` is null for the first one, whose id is the id of the case. */
export interface Position {
  id: string;
  case: string;
  seq: number;
  previous: RecordReference | null;
}

/** A signed record, as the store keeps it. */
export type SignedRecord = StoredRecord;

export interface Sealing {
  issuer: RecordIssuer;
  /** Signs a payload (JSON text) as a compact JWS. */
  sign: (payloadText: string) => string;
}

/** Any statement that is no decision. */
export type PlainStatement = Exclude<Statement, DecisionRecord>;

type Envelope = 'iss' | 'jti' | 'iat' | 'case' | 'seq' | 'previous' | 'engine';

/** A statement without what sealing adds. */
export type Said<T extends PlainStatement = PlainStatement> = T extends PlainStatement ? Omit<T, Envelope> : never;

/** The position of a new case. */
export function firstPosition(id: string): Position {
  return { id, case: id, seq: 0, previous: null };
}

/** The position after the newest record of a case. */
export function positionAfter(last: SignedStatement, id: string): Position {
  return { id, case: last.record.case, seq: last.record.seq + 1, previous: referenceTo(last) };
}

export function referenceTo({ record, jws }: SignedStatement): RecordReference {
  return { jti: record.jti, digest: recordDigest(jws) };
}

/** The record of a judgement at its position. */
export function decisionRecord(
  judgement: Judgement,
  position: Position,
  { issuer, version }: RecordIssuer,
): RecordDraft {
  const { fault: _, history, engine, ...found } = judgement;
  return {
    ...found,
    ...placed(position, found.evaluated_at, issuer),
    statement: 'decision',
    history: Canonical.written(history),
    engine: { version, ...engine },
  };
}

/** The record of a statement at its position. */
export function statementRecord<T extends PlainStatement>(
  said: Said<T>,
  position: Position,
  { issuer, version }: RecordIssuer,
): T {
  return { ...said, ...placed(position, said.at, issuer), engine: { version } } as unknown as T;
}

/** Signs the record of a decision. `written`: the members that are in canonical form already. */
export function sealDecision(
  record: RecordDraft,
  { sign }: Pick<Sealing, 'sign'>,
  written?: JudgementTexts,
): SignedRecord {
  return signed(record, record.evaluated_at, sign(recordText(record, written)));
}

export function sealStatement(record: PlainStatement, { sign }: Pick<Sealing, 'sign'>): SignedRecord {
  return signed(record, record.at, sign(canonicalJson(record)));
}

function placed({ id, case: caseId, seq, previous }: Position, at: string, issuer: string) {
  return { iss: issuer, jti: id, iat: Math.floor(Date.parse(at) / 1000), case: caseId, seq, previous };
}

function signed(
  { jti: id, case: caseId, seq }: Pick<RecordDraft, 'jti' | 'case' | 'seq'>,
  at: string,
  jws: string,
): SignedRecord {
  return { id, case: caseId, seq, at, jws, digest: recordDigest(jws) };
}
