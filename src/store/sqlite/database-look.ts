import { existsSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import type { LogEnd } from '../store.ts';
import { RECORD_COLUMNS } from './reader.ts';

/** What has to be known of a database before it is opened as a store. */
export interface DatabaseLook {
  /** The record that was kept last. */
  newest: LogEnd | null;
  /** The `kid` of every key that signed a record that is kept. Not signed themselves. */
  signingKeys: readonly string[];
}

const NOTHING: DatabaseLook = { newest: null, signingKeys: [] };

/** Looks into a database, which may not be there yet. One that cannot be read is left to openSqliteStore, which says why. */
export function lookIntoDatabase(file: string): DatabaseLook {
  if (!existsSync(file)) return NOTHING;
  let db: DatabaseSync | null = null;
  try {
    db = new DatabaseSync(file, { readOnly: true });
    const newest = db
      .prepare(`SELECT ${RECORD_COLUMNS}, position, leaf FROM records ORDER BY position DESC LIMIT 1`)
      .get();
    const keys = db.prepare('SELECT kid FROM signing_keys ORDER BY kid').all() as { kid: string }[];
    return {
      newest: (newest as DatabaseLook['newest'] | undefined) ?? null,
      signingKeys: keys.map(({ kid }) => kid),
    };
  } catch {
    return NOTHING;
  } finally {
    db?.close();
  }
}
