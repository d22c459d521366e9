import { LRUCache } from 'lru-cache';
import { Canonical } from '../domain/canonical-json.ts';
import { HISTORY_LIMIT, type HistoryEntry } from '../domain/record.ts';
import type { CaseHead, HistoryQuery } from './store.ts';

/** Cases with the same key of likeness. */
export interface CaseGroup {
  by: 'subject' | 'resource';
  key: string;
}

/** Where cases are read that are not remembered. Each list is newest first. */
export interface HistorySource {
  newest(group: CaseGroup, limit: number): HistoryEntry[];
  granted(group: CaseGroup, kind: string, limit: number): HistoryEntry[];
}

/** What decisions ask for over and over: the newest cases of those subjects and resources that were asked for lately. */
export interface History {
  /** See Store.history. */
  find(query: HistoryQuery): string;
  /** To be told of each new case that is kept, once it can be read. */
  add(head: CaseHead): void;
  /** To be told of each subject and resource of which a case changed, once that can be read. */
  forget(changed: Pick<CaseHead, 'subject' | 'resource'>): void;
  /** Where it is not known what was kept. */
  forgetAll(): void;
}

/** An entry and its canonical text, which stands in the input and in the record of many decisions. */
interface Remembered {
  entry: HistoryEntry;
  text: string;
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

/**
 * Reading the database for each decision took more of its time than its signature. Whatever is written goes through the
 * process that owns the database, so what is remembered here is what stands there.
 */
export function createHistory(source: HistorySource): History {
  const groups = new LRUCache<string, Group>({ max: MAX_GROUPS });
  const nameOf = ({ by, key }: CaseGroup) => `${by} ${key}`;

  function groupOf(group: CaseGroup): Group {
    const name = nameOf(group);
    const known = groups.get(name);
    if (known !== undefined) return known;
    const read = { newest: source.newest(group, LENGTH).map(remember), granted: new Map() };
    groups.set(name, read);
    return read;
  }

  /** The newest cases of a group, and where there may be more, the newest grants of the kind. */
  function newestAndGranted(group: CaseGroup, kind: string): Remembered[] {
    const { newest, granted } = groupOf(group);
    if (newest.length < LENGTH || newest.every(({ entry }) => isGrant(entry, kind))) return newest;
    let grants = granted.get(kind);
    if (grants === undefined) {
      grants = source.granted(group, kind, LENGTH).map(remember);
      granted.set(kind, grants);
    }
    return merge(newest, grants);
  }

  return {
    find({ kind, subject, resource, except }) {
      const found = merge(
        newestAndGranted({ by: 'subject', key: subject }, kind),
        newestAndGranted({ by: 'resource', key: resource }, kind),
      );
      // While a case changes, one group may know it as it was and the other as it is, which is the newer one.
      const seen = new Set([except]);
      const distinct = found.filter(({ entry }) => !seen.has(entry.case) && seen.add(entry.case));
      return Canonical.list(withinLimit(distinct, kind).map(({ text }) => text)).text;
    },
    add(head) {
      const { case: id, kind, outcome, tier, at, expires_at } = head;
      const added = remember({ case: id, kind, outcome, tier, at, expires_at, review: null });
      for (const by of ['subject', 'resource'] as const) {
        const group = groups.peek(nameOf({ by, key: head[by] }));
        if (group === undefined) continue;
        group.newest = merge([added], group.newest).slice(0, LENGTH);
        const grants = outcome === 'allow' ? group.granted.get(kind) : undefined;
        if (grants !== undefined) group.granted.set(kind, merge([added], grants).slice(0, LENGTH));
      }
    },
    forget({ subject, resource }) {
      groups.delete(nameOf({ by: 'subject', key: subject }));
      groups.delete(nameOf({ by: 'resource', key: resource }));
    },
    forgetAll: () => groups.clear(),
  };
}

function remember(entry: HistoryEntry): Remembered {
  return { entry, text: Canonical.of(entry).text };
}

/** Grants of the kind have the first places, whatever else there is; see Store.history. */
function withinLimit(newestFirst: Remembered[], kind: string): Remembered[] {
  if (newestFirst.length <= HISTORY_LIMIT) return newestFirst;
  const grants = newestFirst.filter(({ entry }) => isGrant(entry, kind)).length;
  let places = Math.max(0, HISTORY_LIMIT - grants);
  return newestFirst.filter(({ entry }) => isGrant(entry, kind) || places-- > 0).slice(0, HISTORY_LIMIT);
}

function isGrant(entry: HistoryEntry, kind: string): boolean {
  return entry.kind === kind && entry.outcome === 'allow';
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
    const order = byAge(a.entry, b.entry);
    merged.push(order <= 0 ? a : b);
    if (order <= 0) l++;
    if (order >= 0) r++;
  }
  return merged.concat(left.slice(l), right.slice(r));
}

/** The newest first, by time, then by id, which grows with time too: the order is the same at every look. */
function byAge(a: HistoryEntry, b: HistoryEntry): number {
  if (a.at !== b.at) return a.at < b.at ? 1 : -1;
  return a.case === b.case ? 0 : a.case < b.case ? 1 : -1;
}
