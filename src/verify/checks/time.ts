import type { Statement } from '../../contract/statement.ts';
import { instantOf } from '../../domain/statement.ts';

/** `time`: `iat` is the second of the instant at which a record was made. Returns ends of sentences about the record. */
export function findTimeFaults(record: Statement): string[] {
  const second = Math.floor(Date.parse(instantOf(record)) / 1000);
  return record.iat === second ? [] : ['states another time in iat than in its instant'];
}
