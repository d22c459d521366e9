import type { DatabaseSync } from 'node:sqlite';
import { type Decision, decisionSchema } from '../domain/decision.ts';
import { initialStanding } from '../domain/grant.ts';
import { prepareControlSets } from './control-sets.ts';
import { unverifiedPayload } from './jws.ts';

/** How long SQLite waits for a lock that somebody else holds before the commit is given up. */
export const BUSY_TIMEOUT_MS = 1000;

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

/**
 * Policy names the same few sets of controls over and over: a case holds the number of its set, so that a decision writes one
 * entry of an index and not one for each control.
 */
const CONTROL_SETS = `
  CREATE TABLE control_sets (id INTEGER PRIMARY KEY, controls TEXT NOT NULL UNIQUE) STRICT;
  CREATE TABLE case_controls (
    control TEXT NOT NULL, control_set INTEGER NOT NULL, PRIMARY KEY (control, control_set)
  ) STRICT, WITHOUT ROWID;
  INSERT INTO control_sets (id, controls) VALUES (0, '[]');
  ALTER TABLE cases ADD COLUMN control_set INTEGER NOT NULL DEFAULT 0;
`;

/**
 * For search (sqlite-search.ts): each begins with what is asked for and goes on in the order of pages. Each costs every
 * decision an entry, and a page of the database wherever such entries end: hence kind and client are followed by the time,
 * where each has one end, and only the twelve pairs of outcome and tier are kept apart.
 */
const SEARCH_INDICES = `
  CREATE INDEX cases_by_outcome ON cases (outcome, tier, at, id, expires_at, kind, client);
  CREATE INDEX cases_by_kind ON cases (kind, at, id, outcome, tier, expires_at, client);
  CREATE INDEX cases_by_client ON cases (client, at, id, outcome, tier, expires_at);
  CREATE INDEX cases_by_controls ON cases (control_set, at, id, outcome, tier, expires_at, kind, client);
`;

/**
 * Every record has its place in the log, from 0 without a gap, assigned in the transaction that keeps it. In that order they
 * lie in the table: large rows are then written one after the other, and the log needs no table of its own.
 */
const RECORDS_IN_LOG_ORDER = `
  CREATE TABLE logged_records (
    position INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, case_id TEXT NOT NULL, seq INTEGER NOT NULL,
    digest TEXT NOT NULL, jws TEXT NOT NULL, UNIQUE (case_id, seq)
  ) STRICT;
  INSERT INTO logged_records SELECT position, id, case_id, seq, records.digest, jws
    FROM log JOIN records ON records.id = log.record ORDER BY position;
  DROP TABLE log;
  DROP TABLE records;
  ALTER TABLE logged_records RENAME TO records;
`;

/**
 * How grants stand. Few of all cases wait for a review or were taken back, and each index holds those alone; the one of teams
 * is for the history of their next request.
 */
const STANDINGS = `
  ALTER TABLE cases ADD COLUMN decision TEXT NOT NULL DEFAULT '';
  ALTER TABLE cases ADD COLUMN team TEXT;
  ALTER TABLE cases ADD COLUMN review_by TEXT;
  ALTER TABLE cases ADD COLUMN review TEXT;
  ALTER TABLE cases ADD COLUMN due TEXT;
  ALTER TABLE cases ADD COLUMN revoked_at TEXT;
  ALTER TABLE cases ADD COLUMN judged_by TEXT;
  UPDATE cases SET decision = record;
  DROP INDEX cases_by_outcome;
  CREATE INDEX cases_by_outcome
    ON cases (outcome, tier, at, id, expires_at, kind, client, review_by, due, revoked_at);
  CREATE INDEX cases_to_review ON cases (at, id) WHERE review_by IS NOT NULL OR due IS NOT NULL;
  CREATE INDEX cases_revoked ON cases (at, id) WHERE revoked_at IS NOT NULL;
  CREATE INDEX cases_of_team_to_review ON cases (team, kind, review_by, id)
    WHERE review_by IS NOT NULL AND team IS NOT NULL;
`;

/** Each step leads from the schema version of its index to the next. What was released stays as it is. */
const MIGRATIONS: readonly (string | ((db: DatabaseSync) => void))[] = [
  TABLES,
  COVERING_INDICES,
  (db) => {
    db.exec(CONTROL_SETS);
    fillControlSets(db);
    db.exec(SEARCH_INDICES);
  },
  RECORDS_IN_LOG_ORDER,
  (db) => {
    db.exec(STANDINGS);
    fillStandings(db);
  },
];

/**
 * Gives the cases of an older database the controls of their newest records, as those say, unverified: they serve to find a
 * case, and whoever reads its records verifies them. A record that cannot be read leaves its case without controls.
 */
function fillControlSets(db: DatabaseSync): void {
  const setOf = prepareControlSets(db);
  const cases = db.prepare('SELECT cases.id, records.jws FROM cases JOIN records ON records.id = cases.record');
  const update = db.prepare('UPDATE cases SET control_set = ? WHERE id = ?');
  const sets: [id: string, set: number][] = [];
  for (const row of cases.iterate()) {
    const { id, jws } = row as { id: string; jws: string };
    const set = setOf(controlsIn(jws));
    if (set !== 0) sets.push([id, set]);
  }
  for (const [id, set] of sets) update.run(set, id);
}

function controlsIn(jws: string): string[] {
  try {
    return (unverifiedPayload(jws) as { decision: { controls: unknown[] } }).decision.controls.map(String);
  } catch {
    return [];
  }
}

/** Gives the grants of an older database the reviews that they owe. Whose team they are of was not known then. */
function fillStandings(db: DatabaseSync): void {
  const grants = db.prepare(
    "SELECT cases.id, records.jws FROM cases JOIN records ON records.id = cases.record WHERE outcome = 'allow'",
  );
  const update = db.prepare('UPDATE cases SET review_by = ? WHERE id = ?');
  const owed: [reviewBy: string, id: string][] = [];
  for (const row of grants.iterate()) {
    const { id, jws } = row as { id: string; jws: string };
    const decision = decisionIn(jws);
    const reviewBy = decision && initialStanding(decision)?.review_by;
    if (reviewBy) owed.push([reviewBy, id]);
  }
  for (const each of owed) update.run(...each);
}

function decisionIn(jws: string): Decision | null {
  try {
    return decisionSchema.parse((unverifiedPayload(jws) as { decision: unknown }).decision);
  } catch {
    return null;
  }
}

/** Pages (4 KiB) in the WAL before they are carried into the database: the busiest are then carried once, not ten times. */
const CHECKPOINT_PAGES = 4096;

/** What a connection remembers of the database. The ends of all indices should fit, or each commit reads them anew. */
const CACHE_KIB = 65_536;

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
  db.exec(`PRAGMA cache_size = -${CACHE_KIB}`);
  db.exec(`PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
}

/** Brings a new or older database to a version of the schema. Throws for one of a later version than this program knows. */
export function prepareSchema(db: DatabaseSync, wanted = MIGRATIONS.length): void {
  const version = (db.prepare('PRAGMA user_version').get() as { user_version: number }).user_version;
  if (version > MIGRATIONS.length) {
    throw new Error(`The database has schema version ${version}; this program knows ${MIGRATIONS.length}.`);
  }
  if (version >= wanted) return;
  db.exec('BEGIN IMMEDIATE');
  for (const step of MIGRATIONS.slice(version, wanted)) {
    if (typeof step === 'string') db.exec(step);
    else step(db);
  }
  db.exec(`PRAGMA user_version = ${wanted}; COMMIT`);
}
