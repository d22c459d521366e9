import type { Turns } from '../base/turns.ts';
import type { Caller } from '../contract/record.ts';
import type { EvaluationPool } from '../evaluation/pool.ts';
import type { CaseReader } from '../evidence/case-reader.ts';
import type { RecordReader } from '../evidence/record-reader.ts';
import type { Store } from '../store/store.ts';
import type { Idempotency } from './idempotency.ts';

/** What every step of a case needs, whatever it makes of the case. */
export interface CaseParts {
  /** The active policy; asked once per step, so that none mixes two. */
  pool: () => Pick<EvaluationPool, 'ref' | 'directory' | 'sentences' | 'judge' | 'complete'>;
  turns: Turns;
  cases: CaseReader;
  records: RecordReader;
  store: Store;
  idempotency: Idempotency;
  /** Throws AppError `unauthenticated` where the token of a caller was revoked, or expired, since the call began. */
  revalidate: (caller: Caller) => void;
  clock: () => Date;
  newId: () => string;
}
