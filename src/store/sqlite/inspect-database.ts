import { existsSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import type { LogEnd } from '../store.ts';
import { RECORD_COLUMNS } from './reader.ts';

/** The data of a database that a start needs before it opens it as a store. */
export interface DatabaseSummary {
  /** The last record of the log. */
  newest: LogEnd | null;
  /** The `kid` of every key that signed a record of the log. The list itself is not signed. */
  signingKeys: readonly string[];
}

const NOTHING: DatabaseSummary = { newest: null, signingKeys: [] };

/** Reads a database, which may not exist yet. Where it cannot be read, openSqliteStore says why. */
export function inspectDatabase(file: string): DatabaseSummary {
  if (!existsSync(file)) return NOTHING;
  let db: DatabaseSync | null = null;
  try {
    db = new DatabaseSync(file, { readOnly: true });
    const newest = db
      .prepare(`SELECT ${RECORD_COLUMNS}, position, leaf FROM records ORDER BY position DESC LIMIT 1`)
      .get();
    const keys = db.prepare('SELECT kid FROM signing_keys ORDER BY kid').all() as { kid: string }[];
    return {
      newest: (newest as DatabaseSummary['newest'] | undefined) ?? null,
      signingKeys: keys.map(({ kid }) => kid),
    };
  } catch {
    return NOTHING;
  } finally {
    db?.close();
  }
}
