import { AppError } from '../base/errors.ts';
import { type VerificationKey, verifyCompact } from '../base/jws.ts';
import type { Statement } from '../contract/statement.ts';
import { RECORD_TYPE, recordDigest } from '../domain/record.ts';
import { instantOf } from '../domain/statement.ts';
import type { StoredRecord } from './store.ts';

/**
 * Verifies a record of our own as it is kept: its signature, and that it is the record that its row is for. Whoever can
 * write to the database file can neither write evidence nor put one record in the place of another.
 * Throws AppError `record_invalid` that names the record and its case.
 */
export function verifyStored(stored: StoredRecord, keys: readonly VerificationKey[]): Statement {
  const { id, case: caseId, seq, at, jws, digest } = stored;
  const place = `record ${id} (case ${caseId}, seq ${seq})`;
  if (recordDigest(jws) !== digest)
    throw new AppError('record_invalid', `The ${place} has another digest than its row.`);
  let record: Statement;
  try {
    record = verifyCompact(jws, keys, RECORD_TYPE).payload as Statement;
  } catch (cause) {
    throw new AppError('record_invalid', `The ${place} does not verify: ${(cause as Error).message}`, { cause });
  }
  if (record.jti !== id || record.case !== caseId || record.seq !== seq || instantOf(record) !== at) {
    throw new AppError('record_invalid', `The store holds another record in the place of the ${place}.`);
  }
  return record;
}
