import type { DatabaseSync } from 'node:sqlite';

/** How long SQLite waits for a lock that somebody else holds before the commit is given up. */
const BUSY_TIMEOUT_MS = 1000;

const SCHEMA_VERSION = 1;

/**
 * `log` gives every record its place: positions are contiguous from 0 and assigned inside the transaction that keeps the
 * record, so a gap or a swap shows.
 */
const SCHEMA = `
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
 * Sets what durability rests on: WAL with synchronous=FULL syncs the log at every commit before it returns
 * (sqlite.org/pragma.html#pragma_synchronous).
 */
export function prepareConnection(db: DatabaseSync): void {
  db.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`);
  db.exec('PRAGMA journal_mode = WAL');
  db.exec('PRAGMA synchronous = FULL');
}

/** Creates the tables of a new database. Throws for a database of a later version than this program knows. */
export function prepareSchema(db: DatabaseSync): void {
  const version = (db.prepare('PRAGMA user_version').get() as { user_version: number }).user_version;
  if (version === SCHEMA_VERSION) return;
  if (version !== 0)
    throw new Error(`The database has schema version ${version}; this program knows ${SCHEMA_VERSION}.`);
  db.exec(`BEGIN IMMEDIATE; ${SCHEMA} PRAGMA user_version = ${SCHEMA_VERSION}; COMMIT`);
}
