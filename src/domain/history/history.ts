import { Canonical } from '../../base/canonical-json.ts';
import type { Outcome } from '../../contract/decision.ts';
import type { Tier } from '../../contract/evaluation.ts';
import { HISTORY_LIMIT, type HistoryEntry } from '../../contract/record.ts';
import type { CaseKeys } from './case-keys.ts';

/** A case as the history of another case may show it. */
export interface HistoryCase extends CaseKeys {
  case: string;
  outcome: Outcome;
  tier: Tier;
  /** Of the newest decision. */
  at: string;
  expires_at: string | null;
  review: HistoryEntry['review'];
  review_by: string | null;
  revoked_at: string | null;
}

/** The cases that the history of a case is selected from. A case may be in several lists. */
export interface HistoryCandidates {
  /** Of the same subject, newest first: the newest cases, and the newest grants of the same kind. */
  subject: readonly HistoryCase[];
  /** The same for the resource. */
  resource: readonly HistoryCase[];
  /** Grants of the same kind and team with a review to come, the earliest review first. */
  toReview: readonly HistoryCase[];
}

/** For which case history is selected. */
export interface HistoryQuery extends CaseKeys {
  /** The case that is being decided; null for a new one. */
  except: string | null;
  /** The instant at which it is decided. */
  now: string;
}

/** How many cases of a list have to be known: one more than are shown, since the case that is being decided may be among them. */
export const CANDIDATES_PER_LIST = HISTORY_LIMIT + 1;

/** Places for grants of the team whose review is overdue. */
export const MAX_OVERDUE = 5;

/**
 * The history of a case: other cases of the same subject or resource, newest first, at most HISTORY_LIMIT. Grants of the same
 * kind have the first places, so that no one can hide their grants behind unsuccessful requests. Up to MAX_OVERDUE places are
 * for grants of the same kind and team whose review is overdue.
 */
export function selectHistory(candidates: HistoryCandidates, query: HistoryQuery): HistoryCase[] {
  const { kind, except, now } = query;
  const selected = new Set([except]);
  const isNew = ({ case: id }: HistoryCase) => !selected.has(id) && selected.add(id) !== undefined;
  const overdue = candidates.toReview
    .filter(({ review_by }) => review_by !== null && review_by <= now)
    .slice(0, MAX_OVERDUE)
    .filter(isNew)
    .sort(byAge);
  // While a case changes, one list may contain its old state and the other its new state: the newer one is used.
  const others = mergeByAge(candidates.subject, candidates.resource).filter(isNew);
  return mergeByAge(overdue, withinLimit(others, kind, HISTORY_LIMIT - overdue.length));
}

/** The history of a case as the policy input and the record have it: canonical JSON of HistoryEntry[]. */
export function historyText(candidates: HistoryCandidates, query: HistoryQuery): string {
  return Canonical.list(selectHistory(candidates, query).map((each) => entryText(each, query))).text;
}

/** Merges two lists, newest first, without duplicates. */
export function mergeByAge(left: readonly HistoryCase[], right: readonly HistoryCase[]): HistoryCase[] {
  const merged: HistoryCase[] = [];
  let l = 0;
  let r = 0;
  for (;;) {
    const a = left[l];
    const b = right[r];
    if (a === undefined || b === undefined) break;
    const order = byAge(a, b);
    merged.push(order <= 0 ? a : b);
    if (order <= 0) l++;
    if (order >= 0) r++;
  }
  return merged.concat(left.slice(l), right.slice(r));
}

/** Newest first: by time, then by id, which grows with time, so that the order is always the same. */
export function byAge(a: HistoryCase, b: HistoryCase): number {
  if (a.at !== b.at) return a.at < b.at ? 1 : -1;
  return a.case === b.case ? 0 : a.case < b.case ? 1 : -1;
}

export function isGrantOf({ kind, outcome }: HistoryCase, wanted: string): boolean {
  return kind === wanted && outcome === 'allow';
}

/** Grants of the kind have the first places; the order stays. */
function withinLimit(newestFirst: HistoryCase[], kind: string, limit: number): HistoryCase[] {
  if (newestFirst.length <= limit) return newestFirst;
  const grants = newestFirst.filter((each) => isGrantOf(each, kind)).length;
  let places = Math.max(0, limit - grants);
  return newestFirst.filter((each) => isGrantOf(each, kind) || places-- > 0).slice(0, limit);
}

/** What a case can share with the one that is decided, in the order of the record. */
const SHARES = ['resource', 'subject', 'team'] as const;

/**
 * The texts of entries by the row that they were made from, each at the index that says what it shares (see sharedBits): a row
 * that a store keeps in memory stands in the input and in the record of many decisions.
 */
const texts = new WeakMap<HistoryCase, string[]>();

/** A row must not be changed once its text was made. */
function entryText(row: HistoryCase, query: CaseKeys): string {
  const shared = sharedBits(row, query);
  let ofRow = texts.get(row);
  if (ofRow === undefined) {
    ofRow = [];
    texts.set(row, ofRow);
  }
  ofRow[shared] ??= Canonical.of(historyEntry(row, shared)).text;
  return ofRow[shared];
}

function historyEntry(row: HistoryCase, shared: number): HistoryEntry {
  const { case: id, kind, outcome, tier, at, review } = row;
  // To policy it makes no difference whether a grant expired or was revoked.
  const expires_at = row.revoked_at ?? row.expires_at;
  const shares = SHARES.filter((_, index) => (shared & (1 << index)) !== 0);
  return { case: id, kind, outcome, tier, at, expires_at, review, shares };
}

/** One bit for each of SHARES. */
function sharedBits(row: HistoryCase, { subject, resource, team }: CaseKeys): number {
  const ofTeam = row.team !== null && row.team === team;
  return Number(row.resource === resource) + 2 * Number(row.subject === subject) + 4 * Number(ofTeam);
}
