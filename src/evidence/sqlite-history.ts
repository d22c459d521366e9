import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { AppError } from '../domain/errors.ts';
import type { HistoryEntry } from '../domain/record.ts';
import { BUSY_TIMEOUT_MS } from './sqlite-schema.ts';
import type { HistoryQuery } from './store.ts';

/** See Store.history. */
export type ReadHistory = (query: HistoryQuery) => HistoryEntry[];

type Row = [id: string, ...(string | null)[]];

/** Reads history on a connection of its own, for a thread that decides. Throws AppError `store_unavailable`. */
export function openSqliteHistory(file: string): ReadHistory {
  const history = prepareHistory(new DatabaseSync(file, { readOnly: true, timeout: BUSY_TIMEOUT_MS }));
  return (query) => {
    try {
      return history(query);
    } catch (cause) {
      throw new AppError('store_unavailable', 'The history could not be read.', { cause });
    }
  };
}

export function prepareHistory(db: DatabaseSync): ReadHistory {
  const begin = db.prepare('BEGIN');
  const end = db.prepare('COMMIT');
  const newest = (index: string, where: string): StatementSync => {
    const select = `SELECT id, kind, outcome, tier, at, expires_at FROM cases INDEXED BY ${index}`;
    const statement = db.prepare(`${select} WHERE ${where} ORDER BY at DESC, id DESC LIMIT ?`);
    statement.setReturnArrays(true);
    return statement;
  };
  const ofSubject = {
    all: newest('cases_by_subject', 'subject = ?'),
    granted: newest('granted_by_subject', "subject = ? AND kind = ? AND outcome = 'allow'"),
  };
  const ofResource = {
    all: newest('cases_by_resource', 'resource = ?'),
    granted: newest('granted_by_resource', "resource = ? AND kind = ? AND outcome = 'allow'"),
  };

  return ({ kind, subject, resource, except, limit }) => {
    const isGrant = (entry: HistoryEntry) => entry.kind === kind && entry.outcome === 'allow';

    /** The newest cases of a subject or resource, and where there may be more, the newest grants of the kind. */
    function find({ all, granted }: typeof ofSubject, key: string): HistoryEntry[] {
      // One more than wanted, since the case that is being decided may be among them.
      const found = entriesOf(all.all(key, limit + 1));
      if (found.length <= limit || found.every(isGrant)) return found;
      return [...found, ...entriesOf(granted.all(key, kind, limit + 1))];
    }

    begin.run(); // One look at the database: each new one drops the pages that it knows.
    try {
      const found = new Map(
        [...find(ofSubject, subject), ...find(ofResource, resource)].map((entry) => [entry.case, entry]),
      );
      if (except !== null) found.delete(except);
      const newestFirst = [...found.values()].sort(byAge);
      if (newestFirst.length <= limit) return newestFirst;
      const grants = newestFirst.filter(isGrant);
      const others = newestFirst.filter((entry) => !isGrant(entry));
      return [...grants, ...others].slice(0, limit).sort(byAge);
    } finally {
      end.run();
    }
  };
}

function entriesOf(rows: unknown): HistoryEntry[] {
  return (rows as Row[]).map(
    ([id, kind, outcome, tier, at, expires_at]) =>
      ({ case: id, kind, outcome, tier, at, expires_at, review: null }) as HistoryEntry,
  );
}

/** The newest first, by time, then by id, which grows with time too: the order is the same at every look. */
function byAge(a: HistoryEntry, b: HistoryEntry): number {
  if (a.at !== b.at) return a.at < b.at ? 1 : -1;
  return a.case === b.case ? 0 : a.case < b.case ? 1 : -1;
}
