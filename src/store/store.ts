import type { Sha256 } from '../base/canonical-json.ts';
import { OUTCOMES, type Outcome } from '../contract/decision.ts';
import { TIERS, type Tier } from '../contract/evaluation.ts';
import type { GrantState, Standing } from '../contract/grant.ts';
import type { CaseKeys } from '../domain/history/case-keys.ts';
import type { HistoryCandidates } from '../domain/history/history.ts';
import type { BundleStore } from './bundle-store.ts';
import type { StoredRecord } from './stored-record.ts';
import type { SweepStore } from './sweep-store.ts';
import type { TokenStore } from './token-store.ts';

/** How long an idempotency key is remembered, by the time of the newest record: longer where nothing is kept meanwhile. */
export const IDEMPOTENCY_TTL_MS = 24 * 3600 * 1000;

/**
 * The newest state of a case; `subject` and `resource` are keys for equality, not for display. What a Standing says counts
 * where the outcome is allow; otherwise it is null.
 */
export interface CaseHead extends Omit<Standing, 'expires_at'> {
  case: string;
  seq: number;
  /** The newest record of any statement. */
  record: string;
  /** The newest decision. */
  decision: string;
  client: string;
  kind: string;
  subject: string;
  resource: string;
  /** The team of the subject, if that is a person. */
  team: string | null;
  outcome: Outcome;
  tier: Tier;
  /** Of the newest decision. */
  at: string;
  expires_at: string | null;
  /** Until when an open case accepts verdicts; null for a case that is not open. */
  closes_at: string | null;
  /** The digest of the policy that evaluated the case last, whether or not that changed anything. */
  last_policy: string;
  /** Ids of the controls that the newest decision names, sorted. */
  controls: readonly string[];
}

/**
 * Where a case stands among all, the newest first: by the instant of its last decision, then by its id. In a search with
 * `closesBefore`, or for grants with `notSweptBy`, the instant is the one at which the case or the grant ends.
 */
export interface Position {
  at: string;
  id: string;
}

/** The conditions of a search; a case has to meet all of them. Null sets no condition. */
export interface CaseQuery {
  /** Keys of the subject, any of them; see CaseKeys. */
  subjects: readonly string[] | null;
  /** The key of the resource. */
  resource: string | null;
  kind: string | null;
  client: string | null;
  /** Named by the newest decision. */
  control: string | null;
  outcomes: readonly Outcome[];
  tiers: readonly Tier[];
  /** Grants in a state at `now`; `in_force` is every one that may be used. */
  grant: { state: GrantState | 'in_force'; now: string } | null;
  /** The digest of a policy: cases that another policy evaluated last. */
  notSweptBy: string | null;
  /** Open cases that take verdicts until this instant at most. */
  closesBefore: string | null;
  /** Cases of this instant or later ones. */
  from: string;
  /** Cases after this position, which are older ones. */
  after: Position;
  limit: number;
}

/** Newer than every case. */
export const NEWEST: Position = { at: '9999', id: '' };

/** Every case, from the newest. */
export const EVERY_CASE: CaseQuery = {
  subjects: null,
  resource: null,
  kind: null,
  client: null,
  control: null,
  outcomes: OUTCOMES,
  tiers: TIERS,
  grant: null,
  notSweptBy: null,
  closesBefore: null,
  from: '',
  after: NEWEST,
  limit: 100,
};

/** `next`: the position to continue from; null at the end. `examined`: how many rows of an index this page read. */
export interface CasePage {
  cases: CaseHead[];
  next: Position | null;
  examined: number;
}

/** Which records of a case: those with a `seq` above `after`, at most `limit`, and no more once `maxBytes` are reached. */
export interface ChainPage {
  after: number;
  limit: number;
  maxBytes: number;
}

/** A policy evaluated a case at this `seq` without a change. */
export interface SweepMark {
  case: string;
  seq: number;
  /** The digest of the policy. */
  policy: string;
}

/** Binds an idempotency key (already hashed with its caller and route) to the first record that it led to. */
export interface IdempotencyEntry {
  key: string;
  fingerprint: string;
  /** Milliseconds since the epoch. */
  at: number;
}

/** An event to deliver at least once, whatever the destination. */
export interface OutboxEntry {
  type: string;
  /** Canonical JSON (RFC 8785). */
  payload: string;
}

/** The place of an event: the position of its record in the log, and its index among the events of that record. */
export interface OutboxPlace {
  position: number;
  ordinal: number;
}

export interface OutboxRow extends OutboxEntry, OutboxPlace {}

/** Before the first event. */
export const OUTBOX_START: OutboxPlace = { position: -1, ordinal: -1 };

/** A record and everything that has to be durable together with it. */
export interface CommitEntry {
  record: StoredRecord;
  caseHead: CaseHead;
  idempotency: IdempotencyEntry | null;
  /** What the leaf of the log is made of: the digest of the record. */
  leaf: Sha256;
  outbox: readonly OutboxEntry[];
}

/**
 * `position`: the place of the record in the log, from 0 on; null if nothing was stored. `conflict`: another record of the
 * case with this `seq` came first, or the history that the decision saw shows a new case that was not kept in the end: decide
 * again. `duplicate`: the idempotency key is taken.
 */
export type CommitResult =
  | { status: 'committed'; position: number }
  | { status: 'conflict' | 'duplicate'; position: null };

/** Commits a group of one. Rejects as Store.commit does. */
export async function commitOne(store: Pick<Store, 'commit'>, entry: CommitEntry): Promise<CommitResult> {
  const [result] = await store.commit([entry]);
  if (result === undefined) throw new Error('The store gave no result for an entry.');
  return result;
}

/** The last record of the log. */
export interface LogEnd extends StoredRecord {
  /** Its place in the log, from 0 on. */
  position: number;
  leaf: Sha256;
}

/**
 * The store of records. One process owns it: the one that opened it last. A process that opened it before can still read, but
 * its commits are rejected, and its `onFailure` is called.
 *
 * commit() resolves with a result for each entry, in their order. `committed` is only said after the record, the head of its
 * case, its leaf of the log, its events and the idempotency key are durable, all or none. A group is written in one
 * transaction, in its order; entries that conflict fail alone. commit() rejects with AppError `store_unavailable` where the
 * transaction failed, and with `record_invalid` where a row that it needs does not verify. After a rejection each record may
 * turn out to be kept (the failure can lie between sync and answer): callers retry with their idempotency key.
 *
 * A new case is among the candidates from the call of commit() on. An entry whose history may show a case that is not kept
 * yet (one of the same subject, resource or team) is kept only if that case is kept; otherwise it is a `conflict`. For that,
 * callers run candidates(), decide, commit() one after the other for cases that share a key, up to the call of commit().
 *
 * Rows that are damaged or were not written by the store are never returned and never skipped: the call throws AppError
 * `record_invalid` that names the case.
 */
export interface Store extends TokenStore, BundleStore, SweepStore {
  commit(group: readonly CommitEntry[]): Promise<readonly CommitResult[]>;
  /** Stores which policy evaluated cases last. Does not change a case that has changed since (another `seq`). */
  markSwept(marks: readonly SweepMark[]): Promise<void>;
  /** Any record by its id. Its signature is not checked here; see RecordReader. */
  record(id: string): Promise<StoredRecord | null>;
  /** Null for an empty store. */
  newest(): Promise<LogEnd | null>;
  /** Events after a place, in the order of the log. Rejects with AppError `record_invalid` for a row that does not verify. */
  outbox(after: OutboxPlace, limit: number): Promise<OutboxRow[]>;
  /** The head of the case that a record belongs to, by any record id of the case. */
  caseHead(recordId: string): Promise<CaseHead | null>;
  /** Those of these records that exist, verified, in this order; for work in the background. Rejects as search() does. */
  verifiedRecords(ids: readonly string[]): Promise<StoredRecord[]>;
  /** Records of a case, verified, in order. Rejects as search() does. */
  chain(caseId: string, page: ChainPage): Promise<StoredRecord[]>;
  idempotency(key: string, notBefore: number): Promise<{ fingerprint: string; record: string } | null>;
  /**
   * The cases that the history of a decision with these keys is selected from; see historyText. Lists are bounded: the
   * newest CANDIDATES_PER_LIST cases and as many grants of the kind for the subject and for the resource, and MAX_OVERDUE
   * grants of the team and kind with a review to come, beside those that are pending. A decision begins with this call.
   */
  candidates(keys: CaseKeys): Promise<HistoryCandidates>;
  /** Open cases, and grants in force at `now`, that another policy judged last. Rejects as search() does. */
  countToSweep(policy: string, now: string): Promise<number>;
  /**
   * Cases by what they are about, newest first. A page looks at a bounded number of cases, so that none takes long: it can
   * hold fewer than `limit`, even none, and still have a `next`. A case that is decided again moves to the front.
   * Rejects with AppError `overloaded` where too many reads wait, or where this one took too long.
   */
  search(query: CaseQuery): Promise<CasePage>;
  /**
   * Checks a part of the stored data, for some ms, continuing where the last call ended and restarting at the end. Returns
   * the faults, each as a sentence that names the record, the case or the position.
   */
  check(): Promise<string[]>;
  /** Resolves where a write could begin now; rejects with AppError `store_unavailable` otherwise. */
  probe(): Promise<void>;
  close(): Promise<void>;
}
