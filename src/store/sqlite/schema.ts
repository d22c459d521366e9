import type { DatabaseSync } from 'node:sqlite';

/** How long SQLite waits for a lock of another process before the commit is abandoned. */
export const BUSY_TIMEOUT_MS = 1000;

/**
 * Records lie in the order of the log: large rows are then written one after the other, and the log needs no table of its
 * own. Policies name the same few sets of controls repeatedly: a case stores the number of its set, so that a decision writes
 * one entry of an index and not one for each control.
 */
const TABLES = `
  CREATE TABLE records (
    position INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, case_id TEXT NOT NULL, seq INTEGER NOT NULL, at TEXT NOT NULL,
    digest TEXT NOT NULL, leaf TEXT NOT NULL, jws TEXT NOT NULL, UNIQUE (case_id, seq)
  ) STRICT;
  CREATE TABLE outbox (
    position INTEGER NOT NULL, ordinal INTEGER NOT NULL, type TEXT NOT NULL, payload TEXT NOT NULL, mac BLOB NOT NULL,
    PRIMARY KEY (position, ordinal)
  ) STRICT;
  CREATE TABLE control_sets (id INTEGER PRIMARY KEY, controls TEXT NOT NULL UNIQUE) STRICT;
  CREATE TABLE case_controls (
    control TEXT NOT NULL, control_set INTEGER NOT NULL, PRIMARY KEY (control, control_set)
  ) STRICT, WITHOUT ROWID;
  INSERT INTO control_sets (id, controls) VALUES (0, '[]');
  CREATE TABLE cases (
    id TEXT PRIMARY KEY, seq INTEGER NOT NULL, record TEXT NOT NULL, decision TEXT NOT NULL, client TEXT NOT NULL,
    kind TEXT NOT NULL, subject TEXT NOT NULL, resource TEXT NOT NULL, team TEXT, outcome TEXT NOT NULL,
    tier TEXT NOT NULL, at TEXT NOT NULL, expires_at TEXT, closes_at TEXT, last_policy TEXT NOT NULL,
    control_set INTEGER NOT NULL, review_by TEXT, review TEXT, due TEXT, revoked_at TEXT, judged_by TEXT, mac BLOB NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE idempotency (
    key TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, record TEXT NOT NULL, at INTEGER NOT NULL,
    mac BLOB NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX idempotency_by_age ON idempotency (at);
  CREATE TABLE tokens (
    position INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, secret_sha256 TEXT NOT NULL, client TEXT NOT NULL,
    scopes TEXT NOT NULL, may_grant TEXT NOT NULL, principal TEXT, created_at TEXT NOT NULL, expires_at TEXT NOT NULL,
    revoked_at TEXT, record TEXT NOT NULL, mac BLOB NOT NULL
  ) STRICT;
  CREATE TABLE uploaded_bundles (digest TEXT PRIMARY KEY, bundle BLOB NOT NULL) STRICT;
  CREATE TABLE active_upload (
    id INTEGER PRIMARY KEY CHECK (id = 1), digest TEXT NOT NULL, configured TEXT NOT NULL, client TEXT NOT NULL,
    principal TEXT, at TEXT NOT NULL, mac BLOB NOT NULL
  ) STRICT;
  CREATE TABLE sweeps (
    policy TEXT PRIMARY KEY, started_at TEXT NOT NULL, finished_at TEXT, examined INTEGER NOT NULL,
    changed INTEGER NOT NULL, failed INTEGER NOT NULL, mac BLOB NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE signing_keys (kid TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
  CREATE TABLE owner (id INTEGER PRIMARY KEY CHECK (id = 1), process TEXT NOT NULL) STRICT;
`;

/** For the history (sqlite-history.ts). Few of all cases wait for a review: the index of teams holds those alone. */
const HISTORY_INDICES = `
  CREATE INDEX cases_by_subject ON cases (subject, at, id, kind, outcome, tier, expires_at);
  CREATE INDEX cases_by_resource ON cases (resource, at, id, kind, outcome, tier, expires_at);
  CREATE INDEX granted_by_subject ON cases (subject, kind, at, id, tier, expires_at) WHERE outcome = 'allow';
  CREATE INDEX granted_by_resource ON cases (resource, kind, at, id, tier, expires_at) WHERE outcome = 'allow';
  CREATE INDEX cases_of_team_to_review ON cases (team, kind, review_by, id)
    WHERE review_by IS NOT NULL AND team IS NOT NULL;
`;

/**
 * For search (sqlite-search.ts): each begins with what is asked for and goes on in the order of pages. Each costs every
 * decision an entry, and a page of the database wherever such entries end: hence kind and client are followed by the time,
 * where each has one end, and only the twelve pairs of outcome and tier are kept apart.
 */
const SEARCH_INDICES = `
  CREATE INDEX cases_by_outcome
    ON cases (outcome, tier, at, id, expires_at, kind, client, review_by, due, revoked_at);
  CREATE INDEX cases_by_kind ON cases (kind, at, id, outcome, tier, expires_at, client);
  CREATE INDEX cases_by_client ON cases (client, at, id, outcome, tier, expires_at);
  CREATE INDEX cases_by_controls ON cases (control_set, at, id, outcome, tier, expires_at, kind, client);
  CREATE INDEX cases_to_review ON cases (at, id) WHERE review_by IS NOT NULL OR due IS NOT NULL;
  CREATE INDEX cases_revoked ON cases (at, id) WHERE revoked_at IS NOT NULL;
  CREATE INDEX cases_to_close ON cases (closes_at, id) WHERE closes_at IS NOT NULL;
  CREATE INDEX open_by_policy ON cases (last_policy, at, id) WHERE outcome = 'approval_required';
  CREATE INDEX granted_by_policy ON cases (last_policy, expires_at, id) WHERE outcome = 'allow' AND revoked_at IS NULL;
`;

/** Of what the statements above make. Databases of versions before the first release are not read. */
const SCHEMA_VERSION = 10;

/** Pages (4 KiB) in the WAL before they are carried into the database: the busiest are then carried once, not ten times. */
const CHECKPOINT_PAGES = 4096;

/** The page cache of a connection. The ends of all indices should fit, or each commit reads them again. */
const CACHE_KIB = 65_536;

/**
 * Sets the pragmas that durability depends on: WAL with synchronous=FULL syncs the log at every commit before it returns
 * (sqlite.org/pragma.html#pragma_synchronous).
 */
export function prepareConnection(db: DatabaseSync): void {
  db.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`);
  db.exec('PRAGMA journal_mode = WAL');
  db.exec('PRAGMA synchronous = FULL');
  // A savepoint per record keeps what it may have to undo; by default that goes through a file in the temporary folder.
  db.exec('PRAGMA temp_store = MEMORY');
  db.exec(`PRAGMA cache_size = -${CACHE_KIB}`);
  db.exec(`PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
}

/** 0 for a database without tables. Throws for a database of another version than this program knows. */
export function requireKnownVersion(db: DatabaseSync): number {
  const version = (db.prepare('PRAGMA user_version').get() as { user_version: number }).user_version;
  if (version === 0 || version === SCHEMA_VERSION) return version;
  throw new Error(`The database has schema version ${version}; this program supports only ${SCHEMA_VERSION}.`);
}

/** Makes the tables of a new database. Throws for a database of another version than this program knows. */
export function prepareSchema(db: DatabaseSync): void {
  if (requireKnownVersion(db) === SCHEMA_VERSION) return;
  db.exec(
    `BEGIN IMMEDIATE; ${TABLES} ${HISTORY_INDICES} ${SEARCH_INDICES} PRAGMA user_version = ${SCHEMA_VERSION}; COMMIT`,
  );
}
