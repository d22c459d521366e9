import { LRUCache } from 'lru-cache';
import { canonicalJson } from '../base/canonical-json.ts';
import type { CaseKeys } from '../domain/history/case-keys.ts';
import {
  byAge,
  CANDIDATES_PER_LIST,
  type HistoryCandidates,
  type HistoryCase,
  isGrantOf,
  MAX_OVERDUE,
  mergeByAge,
} from '../domain/history/history.ts';
import type { PendingCases } from './pending-cases.ts';
import type { CaseHead } from './store.ts';

/** Cases with the same key. */
export interface CaseGroup {
  by: 'subject' | 'resource';
  key: string;
}

/** Reads the candidates that are not in memory. */
export interface CandidateSource {
  /** Newest first. */
  newest(group: CaseGroup, limit: number): HistoryCase[];
  /** Grants of a kind, newest first. */
  granted(group: CaseGroup, kind: string, limit: number): HistoryCase[];
  /** Grants of a team and kind with a review to come, the earliest review first. */
  toReview(team: string, kind: string, limit: number): HistoryCase[];
}

/** The candidates for the history of cases whose keys were asked for lately, kept in memory. */
export interface CandidateCache {
  /** See Store.candidates. */
  find(keys: CaseKeys): HistoryCandidates;
  /** Call for each new case once it is pending. */
  add(head: CaseHead): void;
  /** Call for each new case that was kept, once it can be read. */
  kept(head: CaseHead): void;
  /** Call for each case that changed, with its head before, once the change can be read; and for a new one that was not kept. */
  forget(changed: CaseKeys): void;
  /** Call if it is not known what was stored. */
  forgetAll(): void;
}

/** About 10 KiB each, for each of the three sorts. */
const MAX_LISTS = 4096;

/**
 * Reading the database for each decision took more time of the main thread than anything else. All writes go through the
 * process that owns the database, so the lists in memory agree with the database and pending writes.
 */
export function createCandidateCache(source: CandidateSource, pending: PendingCases): CandidateCache {
  const newest = new LRUCache<string, HistoryCase[]>({ max: MAX_LISTS });
  const granted = new LRUCache<string, HistoryCase[]>({ max: MAX_LISTS });
  const toReview = new LRUCache<string, HistoryCase[]>({ max: MAX_LISTS });
  const newestName = ({ by, key }: CaseGroup) => canonicalJson([by, key]);
  const grantedName = ({ by, key }: CaseGroup, kind: string) => canonicalJson([by, key, kind]);
  const toReviewName = (team: string, kind: string) => canonicalJson([team, kind]);

  function cached(lists: LRUCache<string, HistoryCase[]>, name: string, read: () => HistoryCase[]): HistoryCase[] {
    let list = lists.get(name);
    if (list === undefined) {
      list = read();
      lists.set(name, list);
    }
    return list;
  }

  /** The newest cases of a group, and where there may be more than these, the newest grants of the kind. */
  function candidatesOf(group: CaseGroup, kind: string): HistoryCase[] {
    const under = () => pending.under(group.by, group.key);
    const all = cached(newest, newestName(group), () =>
      withPending(source.newest(group, CANDIDATES_PER_LIST), under()),
    );
    if (all.length < CANDIDATES_PER_LIST || all.every((each) => isGrantOf(each, kind))) return all;
    const grants = cached(granted, grantedName(group, kind), () =>
      withPending(
        source.granted(group, kind, CANDIDATES_PER_LIST),
        under().filter((each) => isGrantOf(each, kind)),
      ),
    );
    return mergeByAge(all, grants);
  }

  function toReviewBy(team: string | null, kind: string): readonly HistoryCase[] {
    if (team === null) return [];
    const kept = cached(toReview, toReviewName(team, kind), () => source.toReview(team, kind, MAX_OVERDUE));
    const pendingOfKind = pending.under('team', team).filter((each) => each.kind === kind && each.review_by !== null);
    return pendingOfKind.length === 0 ? kept : [...kept, ...pendingOfKind];
  }

  return {
    find(keys) {
      const { kind, subject, resource, team } = keys;
      pending.begin(keys);
      return {
        subject: candidatesOf({ by: 'subject', key: subject }, kind),
        resource: candidatesOf({ by: 'resource', key: resource }, kind),
        toReview: toReviewBy(team, kind),
      };
    },
    add(head) {
      for (const by of ['subject', 'resource'] as const) {
        const group = { by, key: head[by] };
        prepend(newest, newestName(group), head);
        if (head.outcome === 'allow') prepend(granted, grantedName(group, head.kind), head);
      }
    },
    kept({ team, kind, review_by }) {
      if (team !== null && review_by !== null) toReview.delete(toReviewName(team, kind));
    },
    forget({ subject, resource, team, kind }) {
      for (const group of [{ by: 'subject', key: subject } as const, { by: 'resource', key: resource } as const]) {
        newest.delete(newestName(group));
        granted.delete(grantedName(group, kind));
      }
      if (team !== null) toReview.delete(toReviewName(team, kind));
    },
    forgetAll() {
      newest.clear();
      granted.clear();
      toReview.clear();
    },
  };
}

/** The newest of the cases that are kept and of those that are pending. */
function withPending(kept: HistoryCase[], pending: readonly HistoryCase[]): HistoryCase[] {
  if (pending.length === 0) return kept;
  return mergeByAge(kept, pending.toSorted(byAge)).slice(0, CANDIDATES_PER_LIST);
}

/** Adds a case to a list in memory; a list that is not in memory will be read with it. */
function prepend(lists: LRUCache<string, HistoryCase[]>, name: string, added: HistoryCase): void {
  const list = lists.peek(name);
  if (list !== undefined) lists.set(name, mergeByAge([added], list).slice(0, CANDIDATES_PER_LIST));
}
