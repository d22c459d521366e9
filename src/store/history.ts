import { LRUCache } from 'lru-cache';
import { Canonical, canonicalJson } from '../base/canonical-json.ts';
import { HISTORY_LIMIT, type HistoryEntry } from '../contract/record.ts';
import type { PendingCases } from './pending-cases.ts';
import type { CaseHead, HistoryQuery } from './store.ts';

/** Cases with the same key of likeness. */
export interface CaseGroup {
  by: 'subject' | 'resource';
  key: string;
}

/** What of a case its history entry is made of, and by what it is found. */
export type KnownCase = Pick<
  CaseHead,
  | 'case'
  | 'subject'
  | 'resource'
  | 'team'
  | 'kind'
  | 'outcome'
  | 'tier'
  | 'at'
  | 'expires_at'
  | 'review'
  | 'review_by'
  | 'revoked_at'
>;

/** Where cases are read that are not remembered. */
export interface HistorySource {
  /** Newest first. */
  newest(group: CaseGroup, limit: number): KnownCase[];
  /** Newest first. */
  granted(group: CaseGroup, kind: string, limit: number): KnownCase[];
  /** Grants of a team with a review that is owed, in the order in which they are. */
  toReview(team: string, kind: string, limit: number): KnownCase[];
}

/** What decisions ask for over and over: the newest cases of those subjects and resources that were asked for lately. */
export interface History {
  /** See Store.history. */
  find(query: HistoryQuery): string;
  /** To be told of each new case once it is pending. */
  add(head: CaseHead): void;
  /** To be told of each new case that is kept, once it can be read. */
  kept(head: CaseHead): void;
  /** To be told of each case that changed, by its head before, once that can be read; and of a new one that was not kept. */
  forget(changed: Pick<CaseHead, 'subject' | 'resource' | 'team' | 'kind'>): void;
  /** Where it is not known what was kept. */
  forgetAll(): void;
}

type Shared = NonNullable<HistoryEntry['shares']>[number];

/** A case, and the canonical text of its entry, which stands in the input and in the record of many decisions. */
interface Remembered {
  known: KnownCase;
  /** By what it shares with the case that is decided. */
  texts: Map<string, string>;
}

/** Some 10 KiB each, of each sort. */
const MAX_LISTS = 4096;
/** One more than wanted, since the case that is being decided may be among them. */
const LENGTH = HISTORY_LIMIT + 1;
/** Places for what the team of the subject has not reviewed in time. */
const MAX_OVERDUE = 5;

/**
 * Reading the database for each decision took more of its time than its signature. Whatever is written goes through the
 * process that owns the database, so what is remembered here is what stands there, and what is about to.
 */
export function createHistory(source: HistorySource, pending: PendingCases): History {
  const newest = new LRUCache<string, Remembered[]>({ max: MAX_LISTS });
  const granted = new LRUCache<string, Remembered[]>({ max: MAX_LISTS });
  const toReview = new LRUCache<string, Remembered[]>({ max: MAX_LISTS });
  const newestName = ({ by, key }: CaseGroup) => canonicalJson([by, key]);
  const grantedName = ({ by, key }: CaseGroup, kind: string) => canonicalJson([by, key, kind]);
  const toReviewName = (team: string, kind: string) => canonicalJson([team, kind]);

  function remembered(lists: LRUCache<string, Remembered[]>, name: string, read: () => KnownCase[]): Remembered[] {
    let list = lists.get(name);
    if (list === undefined) {
      list = read().map(remember);
      lists.set(name, list);
    }
    return list;
  }

  /** The newest cases of a group, and where there may be more, the newest grants of the kind. */
  function newestAndGranted(group: CaseGroup, kind: string): Remembered[] {
    const under = () => pending.under(group.by, group.key);
    const all = remembered(newest, newestName(group), () => withPending(source.newest(group, LENGTH), under()));
    if (all.length < LENGTH || all.every((each) => isGrant(each, kind))) return all;
    const grants = remembered(granted, grantedName(group, kind), () => {
      const pendingGrants = under().filter((known) => known.kind === kind && known.outcome === 'allow');
      return withPending(source.granted(group, kind, LENGTH), pendingGrants);
    });
    return merge(all, grants);
  }

  /** What the team should have reviewed by now, the longest overdue first. */
  function overdueOf(team: string | null, kind: string, now: string): Remembered[] {
    if (team === null) return [];
    const name = toReviewName(team, kind);
    const kept = remembered(toReview, name, () => source.toReview(team, kind, MAX_OVERDUE));
    const about = pending.under('team', team).filter((known) => known.kind === kind);
    return [...kept, ...about.map(remember)].filter(({ known }) => known.review_by !== null && known.review_by <= now);
  }

  return {
    find(query) {
      const { kind, subject, resource, team, except, now } = query;
      pending.begin(query);
      const like = merge(
        newestAndGranted({ by: 'subject', key: subject }, kind),
        newestAndGranted({ by: 'resource', key: resource }, kind),
      );
      // While a case changes, one group may know it as it was and the other as it is, which is the newer one.
      const seen = new Set([except]);
      const isNew = ({ known }: Remembered) => !seen.has(known.case) && seen.add(known.case) !== undefined;
      const overdue = overdueOf(team, kind, now).filter(isNew);
      const others = withinLimit(like.filter(isNew), kind, HISTORY_LIMIT - overdue.length);
      const found = merge(overdue.sort(byAge), others);
      return Canonical.list(found.map((each) => textOf(each, query))).text;
    },
    add(head) {
      const added = remember(head);
      for (const by of ['subject', 'resource'] as const) {
        const group = { by, key: head[by] };
        prepend(newest, newestName(group), added);
        if (head.outcome === 'allow') prepend(granted, grantedName(group, head.kind), added);
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

/** The newest of what is kept and what is about to be. */
function withPending(kept: readonly KnownCase[], pending: readonly KnownCase[]): KnownCase[] {
  if (pending.length === 0) return [...kept];
  const newestPending = pending.map(remember).sort(byAge);
  return merge(kept.map(remember), newestPending)
    .slice(0, LENGTH)
    .map(({ known }) => known);
}

/** To a list that is remembered; one that is not will be read with it. */
function prepend(lists: LRUCache<string, Remembered[]>, name: string, added: Remembered): void {
  const list = lists.peek(name);
  if (list !== undefined) lists.set(name, merge([added], list).slice(0, LENGTH));
}

function remember(known: KnownCase): Remembered {
  return { known, texts: new Map() };
}

function textOf({ known, texts }: Remembered, { subject, resource, team }: HistoryQuery): string {
  const shares: Shared[] = [];
  if (known.resource === resource) shares.push('resource');
  if (known.subject === subject) shares.push('subject');
  if (known.team !== null && known.team === team) shares.push('team');
  const name = shares.join(' ');
  let text = texts.get(name);
  if (text === undefined) {
    const { case: id, kind, outcome, tier, at, review } = known;
    // To policy it is the same whether something came to its end or was ended.
    const expires_at = known.revoked_at ?? known.expires_at;
    const entry: HistoryEntry = { case: id, kind, outcome, tier, at, expires_at, review, shares };
    text = Canonical.of(entry).text;
    texts.set(name, text);
  }
  return text;
}

/** Grants of the kind have the first places, whatever else there is; see Store.history. */
function withinLimit(newestFirst: Remembered[], kind: string, limit: number): Remembered[] {
  if (newestFirst.length <= limit) return newestFirst;
  const grants = newestFirst.filter((each) => isGrant(each, kind)).length;
  let places = Math.max(0, limit - grants);
  return newestFirst.filter((each) => isGrant(each, kind) || places-- > 0).slice(0, limit);
}

function isGrant({ known }: Remembered, kind: string): boolean {
  return known.kind === kind && known.outcome === 'allow';
}

/** Two lists, newest first, as one, with each case once. */
function merge(left: readonly Remembered[], right: readonly Remembered[]): Remembered[] {
  const merged: Remembered[] = [];
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

/** The newest first, by time, then by id, which grows with time too: the order is the same at every look. */
function byAge({ known: a }: Remembered, { known: b }: Remembered): number {
  if (a.at !== b.at) return a.at < b.at ? 1 : -1;
  return a.case === b.case ? 0 : a.case < b.case ? 1 : -1;
}
