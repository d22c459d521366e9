import type { Turns } from '../base/turns.ts';
import type { Outcome } from '../contract/decision.ts';
import type { Tier } from '../contract/evaluation.ts';
import type { GrantEvent } from '../contract/grant-event.ts';
import type { Caller } from '../contract/record.ts';
import type { EvaluationPool } from '../evaluation/pool.ts';
import type { CaseReader } from '../evidence/case-reader.ts';
import type { RecordReader } from '../evidence/record-reader.ts';
import type { Store } from '../store/store.ts';
import type { Idempotency } from './idempotency.ts';

/** The workers of one policy, as the steps of cases use them. */
export type CasePool = Pick<EvaluationPool, 'ref' | 'directory' | 'judge' | 'complete'>;

/** The dependencies of the steps of cases. */
export interface CaseParts {
  /** The workers of the active policy. A step calls this once, so that it does not mix two policies. */
  pool: () => CasePool;
  turns: Turns;
  readCase: CaseReader;
  records: RecordReader;
  store: Store;
  idempotency: Idempotency;
  /** Rejects with AppError `unauthenticated` if the token of a caller was revoked or expired since the call began. */
  revalidate: (caller: Caller) => Promise<void>;
  clock: () => Date;
  newId: () => string;
  /** Called for judgements without a usable evaluation, for the log. */
  onFault: (fault: { record: string; policy: string; detail: string }) => void;
  /** Called for each committed decision. */
  onDecision: (decision: { outcome: Outcome; tier: Tier }) => void;
  /** Called for each committed statement on a grant. */
  onGrantEvent: (record: GrantEvent) => void;
}

/** The caller, the case, and the idempotency key (null for none). */
export interface CaseCall<Body> {
  caseId: string;
  body: Body;
  caller: Caller;
  key: string | null;
}
