import { AppError } from '../base/errors.ts';
import { parseJsonText } from '../base/json-text.ts';
import { unverifiedPart, type VerificationKey, verifyCompact } from '../base/jws.ts';
import type { DecisionRecord } from '../contract/record.ts';
import { type Statement, statementSchema } from '../contract/statement.ts';
import { findDigestMismatches, RECORD_TYPE, recordDigest } from '../domain/record.ts';
import { isDecision } from '../domain/statement.ts';
import { reasonOf } from './finding.ts';
import { faultsOfRecord } from './record-rules.ts';
import { faultsOfStep } from './step-rules.ts';

/** A record and the compact JWS that holds it. */
export interface Link {
  jws: string;
  record: Statement;
}

/** What offline verification established. */
export interface Verification {
  /** The records in the order of the case. */
  records: Statement[];
  /** Those that are decisions. */
  decisions: DecisionRecord[];
  /** False where records before the first one given are missing: each one is genuine, the beginning was not seen. */
  fromBeginning: boolean;
}

/**
 * Verifies records of one case (untrusted compact JWS) offline: signature over the bytes as they came, shape, the digests
 * that a record carries of its own members, and the chain. Throws AppError `record_invalid` with what is wrong first.
 */
export function verifyRecords(jwsList: readonly string[], keys: readonly VerificationKey[]): Verification {
  const links = [...new Set(jwsList)].map((jws) => ({ jws, record: verifyRecord(jws, keys) }));
  const sorted = inOrder(links);
  requireOneCase(sorted.map(({ record }) => record));
  const [fault] = findChainFaults(sorted);
  if (fault !== undefined) throw new AppError('record_invalid', fault);
  return verificationOf(sorted);
}

/** Links that verify, in the order of the case. */
export function verificationOf(links: readonly Link[]): Verification {
  const records = links.map(({ record }) => record);
  return { records, decisions: records.filter(isDecision), fromBeginning: records[0]?.seq === 0 };
}

export function inOrder(links: readonly Link[]): Link[] {
  return links.toSorted((a, b) => a.record.seq - b.record.seq);
}

/** Verifies one record without those around it. Throws AppError `record_invalid`. */
export function verifyRecord(jws: string, keys: readonly VerificationKey[]): Statement {
  const { payload } = verifyCompact(jws, keys, RECORD_TYPE);
  const record = parseStatement(payload);
  const mismatches = isDecision(record) ? findDigestMismatches(record) : [];
  if (mismatches.length > 0) {
    throw new AppError('record_invalid', faultOf(record, `does not fit its own ${mismatches.join(', ')}`));
  }
  return record;
}

/**
 * What is wrong with verified records of one case, which are in its order: each fault is a sentence that names its record. An
 * empty list means that they make a chain, from wherever it begins.
 */
export function findChainFaults(links: readonly Link[]): string[] {
  const faults: string[] = [];
  let start = 0;
  for (const [index, link] of links.entries()) {
    const before = links[index - 1];
    const gap = before === undefined ? null : breakBetween(before, link);
    if (gap !== null) start = index; // What follows on a break is judged by what was given after it.
    const step = gap === null ? faultsOfStep(links.slice(start, index), link) : [gap];
    faults.push(...[...step, ...faultsOfRecord(link.record)].map((why) => faultOf(link.record, why)));
  }
  return faults;
}

/** Why a record does not stand next to the one before it; null where it does. */
function breakBetween(before: Link, { record }: Link): string | null {
  const { seq, jti } = before.record;
  if (record.seq === seq) return `is a second record with seq ${seq}, beside ${jti}`;
  if (record.seq !== seq + 1) {
    return `does not follow on seq ${seq}: no valid ${recordsFrom(seq + 1, record.seq - 1)} was given`;
  }
  const isNamed = record.previous?.jti === jti && record.previous.digest === recordDigest(before.jws);
  return isNamed ? null : 'does not name the record before it by its digest';
}

/** `record 3`, or `one of records 3 to 5`. */
function recordsFrom(first: number, last: number): string {
  return first === last ? `record ${first}` : `one of records ${first} to ${last}`;
}

/** A sentence about a record. */
export function faultOf({ jti, seq }: Pick<Statement, 'jti' | 'seq'>, why: string): string {
  return `Record ${jti} (seq ${seq}) ${why}.`;
}

/**
 * Reads records of one case without verifying anything: what they say may be made up. In the order of the case. Throws
 * AppError `record_invalid` for what is no record, or of several cases.
 */
export function readUnverified(jwsList: readonly string[]): Statement[] {
  const records = jwsList.map(payloadOf).sort((a, b) => a.seq - b.seq);
  requireOneCase(records);
  return records;
}

function payloadOf(jws: string): Statement {
  try {
    return parseStatement(parseJsonText(unverifiedPart(jws, 'payload')));
  } catch (cause) {
    if (cause instanceof AppError && cause.code === 'record_invalid') throw cause;
    const reason = reasonOf(cause as AppError);
    throw new AppError('record_invalid', `It is not a record: its payload is not JSON${reason}`);
  }
}

function parseStatement(payload: unknown): Statement {
  const parsed = statementSchema.safeParse(payload);
  if (parsed.success) return parsed.data;
  throw new AppError('record_invalid', 'The payload is not that of a record.', { cause: parsed.error });
}

function requireOneCase(records: readonly Statement[]): void {
  const [first] = records;
  if (first === undefined) throw new AppError('record_invalid', 'No record was given.');
  const stranger = records.find((record) => record.case !== first.case);
  if (stranger === undefined) return;
  throw new AppError('record_invalid', faultOf(stranger, `belongs to another case than record ${first.jti}`));
}
