import { AppError } from '../domain/errors.ts';
import { type DecisionRecord, RECORD_TYPE } from '../domain/record.ts';
import { isDecision, type Statement } from '../domain/statement.ts';
import { type VerificationKey, verifyCompact } from './jws.ts';
import type { Store } from './store.ts';

export interface SignedStatement {
  record: Statement;
  jws: string;
}

export interface SignedDecision extends SignedStatement {
  record: DecisionRecord;
}

/** Reads records of our own. Each call throws AppError `not_found`, `record_invalid`. */
export interface RecordReader {
  read(id: string): SignedStatement;
  /** Throws also where the record states something else than a decision. */
  readDecision(id: string): SignedDecision;
}

/**
 * Checked before anything is built upon it, and to be the record that the row is for: whoever can write to the database
 * file still cannot write evidence, nor put one record in the place of another.
 */
export function createRecordReader(store: Pick<Store, 'record'>, keys: readonly VerificationKey[]): RecordReader {
  function read(id: string): SignedStatement {
    const stored = store.record(id);
    if (stored === null) throw new AppError('not_found', 'There is no such record.');
    const record = verifyCompact(stored.jws, keys, RECORD_TYPE).payload as Statement;
    if (record.jti !== id || record.case !== stored.case || record.seq !== stored.seq) {
      throw new AppError('record_invalid', `The store holds another record in the place of ${id}.`);
    }
    return { record, jws: stored.jws };
  }

  return {
    read,
    readDecision(id) {
      const { record, jws } = read(id);
      if (!isDecision(record)) throw new AppError('not_found', `The record ${id} is no decision.`);
      return { record, jws };
    },
  };
}
