import type { Sha256 } from '../base/canonical-json.ts';
import { AppError } from '../base/errors.ts';
import { type VerificationKey, verifyCompact } from '../base/jws.ts';
import { RECORD_TYPE } from '../contract/record.ts';
import type { Statement } from '../contract/statement.ts';
import type { TokenRecord } from '../contract/token.ts';
import { recordDigest } from '../domain/record.ts';
import { instantOf } from '../domain/statement.ts';

/**
 * The stream of records about the installation itself. It stands in the place of a case in a StoredRecord: its records have
 * their own `seq` and chain, and no row of a case.
 */
export const INSTALLATION = 'installation';

/** A signed record on its way into the store. `digest` is the one of the compact JWS. */
export interface StoredRecord {
  id: string;
  /** The case that it belongs to; INSTALLATION for a record about the installation itself. */
  case: string;
  seq: number;
  /** The instant that it states: UTC, milliseconds, Z. */
  at: string;
  jws: string;
  digest: Sha256;
}

/**
 * Verifies a record of our own as it is kept: its signature, and that it is the record that its row is for. An attacker who
 * can write to the database file can neither forge evidence nor replace one record by another. Throws AppError
 * `record_invalid` that names the record and its case.
 */
export function verifyStored(stored: StoredRecord, keys: readonly VerificationKey[]): Statement | TokenRecord {
  const { id, case: caseId, seq, at, jws, digest } = stored;
  const place = `record ${id} (${caseId === INSTALLATION ? INSTALLATION : `case ${caseId}`}, seq ${seq})`;
  if (recordDigest(jws) !== digest)
    throw new AppError('record_invalid', `The ${place} has a different digest than its row.`);
  let record: Statement | TokenRecord;
  try {
    record = verifyCompact(jws, keys, RECORD_TYPE).payload as Statement | TokenRecord;
  } catch (cause) {
    throw new AppError('record_invalid', `The ${place} does not verify: ${(cause as Error).message}`, { cause });
  }
  const [stream, instant] = isOfInstallation(record) ? [record.stream, record.at] : [record.case, instantOf(record)];
  if (record.jti !== id || stream !== caseId || record.seq !== seq || instant !== at) {
    throw new AppError('record_invalid', `The store has another record in place of the ${place}.`);
  }
  return record;
}

/** Verifies a record of a case. Throws as verifyStored, also for a record about the installation. */
export function verifyStoredStatement(stored: StoredRecord, keys: readonly VerificationKey[]): Statement {
  const record = verifyStored(stored, keys);
  if (!isOfInstallation(record)) return record;
  throw new AppError('record_invalid', `The record ${stored.id} is about the installation and belongs to no case.`);
}

export function isOfInstallation(record: Statement | TokenRecord): record is TokenRecord {
  return record.statement === 'token';
}
