import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { HistoryEntry } from '../domain/record.ts';
import type { CaseGroup, HistorySource } from './history.ts';

type Row = [id: string, ...(string | null)[]];

const COLUMNS = 'id, kind, outcome, tier, at, expires_at';

/** Reads from the covering indices of the cases. */
export function prepareHistorySource(db: DatabaseSync): HistorySource {
  const newest = (index: string, where: string): StatementSync => {
    const select = `SELECT ${COLUMNS} FROM cases INDEXED BY ${index}`;
    const statement = db.prepare(`${select} WHERE ${where} ORDER BY at DESC, id DESC LIMIT ?`);
    statement.setReturnArrays(true);
    return statement;
  };
  const all = {
    subject: newest('cases_by_subject', 'subject = ?'),
    resource: newest('cases_by_resource', 'resource = ?'),
  };
  const granted = {
    subject: newest('granted_by_subject', "subject = ? AND kind = ? AND outcome = 'allow'"),
    resource: newest('granted_by_resource', "resource = ? AND kind = ? AND outcome = 'allow'"),
  };
  return {
    newest: ({ by, key }: CaseGroup, limit) => entriesOf(all[by].all(key, limit)),
    granted: ({ by, key }: CaseGroup, kind, limit) => entriesOf(granted[by].all(key, kind, limit)),
  };
}

function entriesOf(rows: unknown): HistoryEntry[] {
  return (rows as Row[]).map(
    ([id, kind, outcome, tier, at, expires_at]) =>
      ({ case: id, kind, outcome, tier, at, expires_at, review: null }) as HistoryEntry,
  );
}
