import { AppError } from '../base/errors.ts';
import type { VerificationKey } from '../base/jws.ts';
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
  async function read(id: string): Promise<SignedStatement> {
    const stored = await store.record(id);
    if (stored === null) throw new AppError('not_found', 'There is no such record.');
    try {
      return { record: verifyStoredStatement({ ...stored, id }, keys), jws: stored.jws };
    } catch (error) {
      onDamage((error as Error).message);
      throw error;
    }
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
