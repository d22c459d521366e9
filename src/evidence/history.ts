import { LRUCache } from 'lru-cache';
import { Canonical } from '../domain/canonical-json.ts';
import { HISTORY_LIMIT, type HistoryEntry } from '../domain/record.ts';
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
  /** To be told of each new case that is kept, once it can be read. */
  add(head: CaseHead): void;
  /** To be told of each case that changed, by its head before, once that can be read. */
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

interface Group {
  newest: Remembered[];
  /** By kind, for as many kinds as were asked for. */
  granted: Map<string, Remembered[]>;
}

/** Some 10 KiB each. */
const MAX_GROUPS = 4096;
/** One more than wanted, since the case that is being decided may be among them. */
const LENGTH = HISTORY_LIMIT + 1;
/** Places for what the team of the subject has not reviewed in time. */
const MAX_OVERDUE = 5;

/**
 * Reading the database for each decision took more of its time than its signature. Whatever is written goes through the
 * process that owns the database, so what is remembered here is what stands there.
 */
export function createHistory(source: HistorySource): History {
  const groups = new LRUCache<string, Group>({ max: MAX_GROUPS });
  const teams = new LRUCache<string, Remembered[]>({ max: MAX_GROUPS });
  const groupName = ({ by, key }: CaseGroup) => `${by} ${key}`;
  const teamName = (team: string, kind: string) => `${kind} ${team}`;

  function groupOf(group: CaseGroup): Group {
    const name = groupName(group);
    const known = groups.get(name);
    if (known !== undefined) return known;
    const read = { newest: source.newest(group, LENGTH).map(remember), granted: new Map() };
    groups.set(name, read);
    return read;
  }

  /** The newest cases of a group, and where there may be more, the newest grants of the kind. */
  function newestAndGranted(group: CaseGroup, kind: string): Remembered[] {
    const { newest, granted } = groupOf(group);
    if (newest.length < LENGTH || newest.every((each) => isGrant(each, kind))) return newest;
    let grants = granted.get(kind);
    if (grants === undefined) {
      grants = source.granted(group, kind, LENGTH).map(remember);
      granted.set(kind, grants);
    }
    return merge(newest, grants);
  }

  /** What the team should have reviewed by now, the longest overdue first. */
  function overdueOf(team: string | null, kind: string, now: string): Remembered[] {
    if (team === null) return [];
    const name = teamName(team, kind);
    let found = teams.get(name);
    if (found === undefined) {
      found = source.toReview(team, kind, MAX_OVERDUE).map(remember);
      teams.set(name, found);
    }
    return found.filter(({ known }) => known.review_by !== null && known.review_by <= now);
  }

  return {
    find(query) {
      const { kind, subject, resource, team, except, now } = query;
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
        const group = groups.peek(groupName({ by, key: head[by] }));
        if (group === undefined) continue;
        group.newest = merge([added], group.newest).slice(0, LENGTH);
        const grants = head.outcome === 'allow' ? group.granted.get(head.kind) : undefined;
        if (grants !== undefined) group.granted.set(head.kind, merge([added], grants).slice(0, LENGTH));
      }
      if (head.team !== null && head.review_by !== null) teams.delete(teamName(head.team, head.kind));
    },
    forget({ subject, resource, team, kind }) {
      groups.delete(groupName({ by: 'subject', key: subject }));
      groups.delete(groupName({ by: 'resource', key: resource }));
      if (team !== null) teams.delete(teamName(team, kind));
    },
    forgetAll() {
      groups.clear();
      teams.clear();
    },
  };
}

function remember(found: KnownCase): Remembered {
  const {
    case: id,
    subject,
    resource,
    team,
    kind,
    outcome,
    tier,
    at,
    expires_at,
    review,
    review_by,
    revoked_at,
  } = found;
  const known = {
    case: id,
    subject,
    resource,
    team,
    kind,
    outcome,
    tier,
    at,
    expires_at,
    review,
    review_by,
    revoked_at,
  };
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
