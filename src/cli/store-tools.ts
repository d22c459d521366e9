import { existsSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { AppError } from '../base/errors.ts';
import { readRowSecret, readVerificationKeys } from '../evidence/keys.ts';
import { CHECK_START, type CheckPosition, prepareCheck } from '../store/sqlite/check.ts';
import { anchorFileOf, type Head, openFileAnchor } from '../store/sqlite/head-anchor.ts';
import { describeLoss, logOf, withLog } from '../store/sqlite/lost-records.ts';
import { ownFolder } from '../store/sqlite/ownership.ts';
import { createRowMacs } from '../store/sqlite/row-mac.ts';
import { prepareConnection, requireKnownVersion } from '../store/sqlite/schema.ts';

/** The files of a store. */
export interface StoreFiles {
  dataDir: string;
  database: string;
  keysDir: string;
}

export interface CheckSummary {
  records: number;
  cases: number;
  faults: number;
}

/** The check reports what it found after each slice. Any interval is fine here. */
const SLICE_MS = 1000;

/**
 * Checks the store without writing to it: the database file (PRAGMA integrity_check), every record and row (see prepareCheck),
 * and that the database is not behind its anchor. Calls `tell` with a sentence for each fault. Rejects with AppError
 * `store_unavailable` or `key_invalid` where the store cannot be checked.
 */
export async function checkStore(
  { database, keysDir }: StoreFiles,
  tell: (fault: string) => void,
): Promise<CheckSummary> {
  if (!existsSync(database)) throw new AppError('store_unavailable', `There is no database ${database}.`);
  const rowSecret = readRowSecret(keysDir);
  const keys = readVerificationKeys(keysDir);
  const summary: CheckSummary = { records: 0, cases: 0, faults: 0 };
  const found = (fault: string) => {
    summary.faults++;
    tell(fault);
  };
  // Read before the database: a running service can move the database ahead of the anchor, never behind it.
  const anchored = await readAnchor(database, rowSecret, found);
  const db = openToRead(database);
  try {
    for (const fault of integrityFaults(db)) found(`the database file: ${fault}`);
    const loss = anchored === 'unreadable' ? null : lossOf(db, anchored, database);
    if (loss !== null) found(loss);
    const check = prepareCheck(db, { keys, macs: createRowMacs(rowSecret) });
    for (let from: CheckPosition | null = CHECK_START; from !== null; ) {
      const { table } = from;
      const slice = check(from, SLICE_MS);
      slice.faults.forEach(found);
      if (table === 'records') summary.records += slice.rows;
      if (table === 'cases') summary.cases += slice.rows;
      from = slice.next;
    }
  } finally {
    db.close();
  }
  return summary;
}

/**
 * Sets the anchor back where the database is behind it, so that the service starts. Returns a description of the records that
 * are given up; null where none is missing. Writes nothing where none is missing, or `isMeant` is false. Rejects with AppError
 * `store_unavailable`, also while the service runs.
 */
export async function acceptLoss({ dataDir, database, keysDir }: StoreFiles, isMeant: boolean): Promise<string | null> {
  if (!existsSync(keysDir)) throw new AppError('store_unavailable', `There is no folder ${keysDir}.`);
  const ownership = ownFolder(dataDir);
  try {
    const rowSecret = readRowSecret(keysDir);
    const anchorFile = anchorFileOf(database);
    let unreadable: string | null = null;
    const anchored = await readAnchor(database, rowSecret, (fault) => {
      unreadable = fault;
    });
    const anchor = openFileAnchor(anchorFile, rowSecret);
    return withLog(database, (log) => {
      const loss = anchored === 'unreadable' ? unreadable : describeLoss(log, anchored, anchorFile);
      if (loss !== null && isMeant) {
        const { position } = log.newest;
        anchor.write({ position, digest: log.digestAt(position) ?? log.newest.digest });
        anchor.close();
      }
      return loss && `${loss} Callers may still have these records; this service can no longer return them.`;
    });
  } finally {
    ownership.release();
  }
}

/**
 * Makes the configured bundle active again where an uploaded one replaces it, from the next start on. The bytes of the upload
 * stay. Gives the digest of the upload, as the database has it; null where there is none. With `isMeant` false nothing is
 * written. Throws AppError `store_unavailable`, also while the service runs.
 */
export function discardUpload({ dataDir, database }: StoreFiles, isMeant: boolean): string | null {
  if (!existsSync(database)) throw new AppError('store_unavailable', `There is no database ${database}.`);
  const ownership = ownFolder(dataDir);
  let db: DatabaseSync | null = null;
  try {
    db = new DatabaseSync(database);
    if (requireKnownVersion(db) === 0) return null;
    prepareConnection(db);
    const row = db.prepare('SELECT digest FROM active_upload').get() as { digest: string } | undefined;
    if (row !== undefined && isMeant) db.exec('DELETE FROM active_upload');
    return row?.digest ?? null;
  } catch (cause) {
    throw new AppError('store_unavailable', `The database ${database} cannot be changed.`, { cause });
  } finally {
    db?.close();
    ownership.release();
  }
}

async function readAnchor(
  database: string,
  rowSecret: Uint8Array,
  found: (fault: string) => void,
): Promise<Head | null | 'unreadable'> {
  try {
    return await openFileAnchor(anchorFileOf(database), rowSecret).read();
  } catch (error) {
    found((error as Error).message);
    return 'unreadable';
  }
}

function openToRead(database: string): DatabaseSync {
  try {
    const db = new DatabaseSync(database, { readOnly: true });
    if (requireKnownVersion(db) === 0) throw new Error('It contains no tables.');
    db.exec('SELECT 1 FROM records LIMIT 0'); // Reads the schema.
    return db;
  } catch (cause) {
    throw new AppError('store_unavailable', `The database ${database} cannot be read.`, { cause });
  }
}

function lossOf(db: DatabaseSync, anchored: Head | null, database: string): string | null {
  try {
    return describeLoss(logOf(db), anchored, anchorFileOf(database));
  } catch (error) {
    return `the end of the log: ${(error as Error).message}`;
  }
}

/** The faults that SQLite finds in tables and indices. */
function integrityFaults(db: DatabaseSync): string[] {
  try {
    const rows = db.prepare('PRAGMA integrity_check').all() as { integrity_check: string }[];
    return rows.map(({ integrity_check: fault }) => fault).filter((fault) => fault !== 'ok');
  } catch (error) {
    return [(error as Error).message];
  }
}
