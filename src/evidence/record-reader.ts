import { AppError } from '../base/errors.ts';
import { unverifiedPayload, type VerificationKey } from '../base/jws.ts';
import type { DecisionRecord } from '../contract/record.ts';
import type { Statement } from '../contract/statement.ts';
import { isDecision } from '../domain/statement.ts';
import type { Store } from '../store/store.ts';
import { verifyStoredStatement } from '../store/stored-record.ts';

export interface SignedStatement {
  record: Statement;
  jws: string;
}

export interface SignedDecision extends SignedStatement {
  record: DecisionRecord;
}

/** Reads records of our own. Each call rejects with AppError `not_found`, `record_invalid`. */
export interface RecordReader {
  read(id: string): Promise<SignedStatement>;
  /** Rejects also where the record states something else than a decision. */
  readDecision(id: string): Promise<SignedDecision>;
}

/** Each record is verified before anything is built upon it; see verifyStored. `onDamage` is told of one that does not. */
export function createRecordReader(
  store: Pick<Store, 'record'>,
  keys: readonly VerificationKey[],
  onDamage: (fault: string) => void = () => {},
): RecordReader {
  return readerOf(async (id) => {
    const stored = await store.record(id);
    return stored && { record: verifyStoredStatement({ ...stored, id }, keys), jws: stored.jws };
  }, onDamage);
}

/**
 * The same for work in the background: records are read and verified in the reader thread of the store, so that the thread
 * that serves HTTP does not wait for signatures. Each call rejects with AppError `overloaded` too.
 */
export function createBackgroundRecordReader(
  store: Pick<Store, 'verifiedRecords'>,
  onDamage: (fault: string) => void = () => {},
): RecordReader {
  return readerOf(async (id) => {
    const [stored] = await store.verifiedRecords([id]);
    return stored === undefined ? null : { record: unverifiedPayload(stored.jws) as Statement, jws: stored.jws };
  }, onDamage);
}

function readerOf(
  find: (id: string) => Promise<SignedStatement | null>,
  onDamage: (fault: string) => void,
): RecordReader {
  async function read(id: string): Promise<SignedStatement> {
    try {
      const found = await find(id);
      if (found !== null) return found;
    } catch (error) {
      if (error instanceof AppError && error.code === 'record_invalid') onDamage(error.message);
      throw error;
    }
    throw new AppError('not_found', 'There is no such record.');
  }

  return {
    read,
    async readDecision(id) {
      const { record, jws } = await read(id);
      if (!isDecision(record)) throw new AppError('not_found', `The record ${id} is no decision.`);
      return { record, jws };
    },
  };
}
