import { OUTCOMES, type Outcome } from '../domain/decision.ts';
import { TIERS, type Tier } from '../domain/evaluation.ts';
import type { GrantState, Standing } from '../domain/grant.ts';

/** How long an idempotency key is remembered, by the time of the newest record: longer where nothing is kept meanwhile. */
export const IDEMPOTENCY_TTL_MS = 24 * 3600 * 1000;

/** A signed record on its way into the store. `digest` is the one of the compact JWS. */
export interface StoredRecord {
  id: string;
  case: string;
  seq: number;
  /** The instant that it states: UTC, milliseconds, Z. */
  at: string;
  jws: string;
  digest: string;
}

/**
 * The newest state of a case; `subject` and `resource` are keys for equality, not for display. What a Standing says counts
 * where the outcome is allow; otherwise it is null.
 */
export interface CaseHead extends Omit<Standing, 'expires_at'> {
  case: string;
  seq: number;
  /** The newest record, whatever it states. */
  record: string;
  /** The newest decision. */
  decision: string;
  client: string;
  kind: string;
  subject: string;
  resource: string;
  /** Of the subject, where that is a person. */
  team: string | null;
  outcome: Outcome;
  tier: Tier;
  /** Of the newest decision. */
  at: string;
  expires_at: string | null;
  /** Until when an open case takes verdicts; null for a case that is not open. */
  closes_at: string | null;
  /** The digest of the policy that looked at the case last, whether that changed anything or not. */
  last_policy: string;
  /** Ids of the controls that the newest decision names, sorted. */
  controls: readonly string[];
}

/** Where a case stands among all, the newest first: by the instant of its last decision, then by its id. */
export interface Position {
  at: string;
  id: string;
}

/** Which cases are wanted; all that is said has to hold. Null asks for nothing in particular. */
export interface CaseQuery {
  /** Keys of likeness, any of them. */
  subjects: readonly string[] | null;
  /** A key of likeness. */
  resource: string | null;
  kind: string | null;
  client: string | null;
  /** Named by the newest decision. */
  control: string | null;
  outcomes: readonly Outcome[];
  tiers: readonly Tier[];
  /** Grants in a state at `now`; `in_force` is every one that may be used. */
  grant: { state: GrantState | 'in_force'; now: string } | null;
  /** Cases of this instant or later ones. */
  from: string;
  /** Cases after this position, which are older ones. */
  after: Position;
  limit: number;
}

/** Newer than every case. */
export const NEWEST: Position = { at: '9999', id: '' };

/** Asks for nothing in particular, from the newest on. */
export const EVERY_CASE: CaseQuery = {
  subjects: null,
  resource: null,
  kind: null,
  client: null,
  control: null,
  outcomes: OUTCOMES,
  tiers: TIERS,
  grant: null,
  from: '',
  after: NEWEST,
  limit: 100,
};

/** `next`: where to go on; null where nothing is left. */
export interface CasePage {
  cases: CaseHead[];
  next: Position | null;
}

/** Binds an idempotency key (already hashed with its caller and route) to the first record that it led to. */
export interface IdempotencyEntry {
  key: string;
  fingerprint: string;
  /** Milliseconds since the epoch. */
  at: number;
}

export interface CommitEntry {
  record: StoredRecord;
  caseHead: CaseHead;
  idempotency: IdempotencyEntry | null;
}

/** `conflict`: the case got a record with this `seq` first. `duplicate`: the idempotency key is taken. Nothing was kept. */
export type CommitResult = 'committed' | 'conflict' | 'duplicate';

export interface HistoryQuery {
  kind: string;
  subject: string;
  resource: string;
  team: string | null;
  /** The case that is being decided. */
  except: string | null;
  /** The instant at which it is decided. */
  now: string;
}

/**
 * Where records live. One process owns it: whoever opened it last. A process that opened it before can still read, but its
 * commits are rejected, and its `onFailure` is told.
 *
 * commit() resolves `committed` only after the record, the head of its case, its place in the log and the idempotency key
 * are durable, all or none; it rejects with AppError `store_unavailable` where that could not be made sure. After a
 * rejection the record may still turn out to be kept (the failure can lie between sync and answer): callers retry with
 * their idempotency key. Members of a group that conflict fail alone.
 */
export interface Store {
  commit(entry: CommitEntry): Promise<CommitResult>;
  /** Any record by its id. */
  record(id: string): StoredRecord | null;
  /** The head of the case that a record belongs to, by any record id of the case. */
  caseHead(recordId: string): CaseHead | null;
  /** Records of a case with a `seq` above `after`, in order: at most `limit`, and no more once `maxBytes` are reached. */
  chain(caseId: string, page: { after: number; limit: number; maxBytes: number }): StoredRecord[];
  idempotency(key: string, notBefore: number): { fingerprint: string; record: string } | null;
  /** The record that was kept last; `position` is its place in the log. */
  newest(): (StoredRecord & { position: number }) | null;
  /** The `kid` of every key that signed a record that is kept. */
  signingKeys(): string[];
  /**
   * Other cases of the same subject or resource, newest first, at most HISTORY_LIMIT, as canonical JSON of HistoryEntry[].
   * Those of the same kind that ended in allow have the first places, so that nobody can push what they were granted out of sight with requests that lead nowhere.
   * A few places are for grants of the same kind and team whose review is overdue.
   */
  history(query: HistoryQuery): string;
  /**
   * Cases by what they are about, newest first. A page looks at a bounded number of cases, so that none takes long: it can
   * hold fewer than `limit`, even none, and still have a `next`. A case that is decided again moves to the front.
   */
  search(query: CaseQuery): CasePage;
  /** Resolves where a write could begin now; rejects with AppError `store_unavailable` otherwise. */
  probe(): Promise<void>;
  close(): Promise<void>;
}
