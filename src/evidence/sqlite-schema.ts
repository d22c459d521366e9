import type { DatabaseSync } from 'node:sqlite';

/** How long SQLite waits for a lock that somebody else holds before the commit is given up. */
export const BUSY_TIMEOUT_MS = 1000;

/**
 * `log` gives every record its place: positions are contiguous from 0 and assigned inside the transaction that keeps the
 * record, so a gap or a swap shows.
 */
const TABLES = `
  CREATE TABLE records (
    id TEXT PRIMARY KEY, case_id TEXT NOT NULL, seq INTEGER NOT NULL, jws TEXT NOT NULL, digest TEXT NOT NULL,
    UNIQUE (case_id, seq)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE cases (
    id TEXT PRIMARY KEY, seq INTEGER NOT NULL, record TEXT NOT NULL, client TEXT NOT NULL, kind TEXT NOT NULL,
    subject TEXT NOT NULL, resource TEXT NOT NULL, outcome TEXT NOT NULL, tier TEXT NOT NULL, at TEXT NOT NULL,
    expires_at TEXT
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX cases_by_subject ON cases (subject, at, id);
  CREATE INDEX cases_by_resource ON cases (resource, at, id);
  CREATE INDEX granted_by_subject ON cases (subject, kind, at, id) WHERE outcome = 'allow';
  CREATE INDEX granted_by_resource ON cases (resource, kind, at, id) WHERE outcome = 'allow';
  CREATE TABLE log (position INTEGER PRIMARY KEY, record TEXT NOT NULL UNIQUE, digest TEXT NOT NULL) STRICT;
  CREATE TABLE idempotency (
    key TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, record TEXT NOT NULL, at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX idempotency_by_age ON idempotency (at);
`;

/**
 * Every decision reads the history, and the pages that a reader knows are stale after each commit: an index that holds all
 * that history wants is one page instead of one per case.
 */
const COVERING_INDICES = `
  DROP INDEX cases_by_subject;
  DROP INDEX cases_by_resource;
  DROP INDEX granted_by_subject;
  DROP INDEX granted_by_resource;
  CREATE INDEX cases_by_subject ON cases (subject, at, id, kind, outcome, tier, expires_at);
  CREATE INDEX cases_by_resource ON cases (resource, at, id, kind, outcome, tier, expires_at);
  CREATE INDEX granted_by_subject ON cases (subject, kind, at, id, tier, expires_at) WHERE outcome = 'allow';
  CREATE INDEX granted_by_resource ON cases (resource, kind, at, id, tier, expires_at) WHERE outcome = 'allow';
`;

/** Each step leads from the schema version of its index to the next. What was released stays as it is. */
const MIGRATIONS = [TABLES, COVERING_INDICES];

/** Pages (4 KiB) in the WAL before they are carried into the database: the busiest are then carried once, not ten times. */
const CHECKPOINT_PAGES = 4096;

/**
 * Sets what durability rests on: WAL with synchronous=FULL syncs the log at every commit before it returns
 * (sqlite.org/pragma.html#pragma_synchronous).
 */
export function prepareConnection(db: DatabaseSync): void {
  db.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`);
  db.exec('PRAGMA journal_mode = WAL');
  db.exec('PRAGMA synchronous = FULL');
  // A savepoint per record keeps what it may have to undo; by default that goes through a file in the temporary folder.
  db.exec('PRAGMA temp_store = MEMORY');
  db.exec(`PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
}

/** Brings a new or older database to the newest schema. Throws for one of a later version than this program knows. */
export function prepareSchema(db: DatabaseSync): void {
  const version = (db.prepare('PRAGMA user_version').get() as { user_version: number }).user_version;
  if (version > MIGRATIONS.length) {
    throw new Error(`The database has schema version ${version}; this program knows ${MIGRATIONS.length}.`);
  }
  if (version === MIGRATIONS.length) return;
  const steps = MIGRATIONS.slice(version).join('\n');
  db.exec(`BEGIN IMMEDIATE; ${steps} PRAGMA user_version = ${MIGRATIONS.length}; COMMIT`);
}
