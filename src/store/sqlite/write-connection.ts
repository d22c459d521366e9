import { DatabaseSync } from 'node:sqlite';
import type { UploadDetails } from '../../activation/uploaded-bundle.ts';
import { AppError, type ErrorCode } from '../../base/errors.ts';
import type { CommitEntry, CommitResult, SweepMark } from '../store.ts';
import type { StoredRecord } from '../stored-record.ts';
import { INSTALLATION } from '../stored-record.ts';
import type { SweepProgress } from '../sweep-store.ts';
import type { TokenEntry } from '../token-store.ts';
import { prepareBundleRows } from './bundle-rows.ts';
import { prepareCaseRows } from './case-rows.ts';
import { isDamaged } from './faults.ts';
import type { Head } from './head-anchor.ts';
import { prepareOutboxRows } from './outbox-rows.ts';
import { prepareOwner } from './ownership.ts';
import { createRowMacs } from './row-mac.ts';
import { prepareConnection, prepareSchema } from './schema.ts';
import { prepareSigningKeys } from './signing-keys.ts';
import { prepareSweepRows } from './sweep-rows.ts';
import { prepareTokenRows } from './token-rows.ts';

/** An entry to commit. It is kept only if all cases that it `follows` are kept. */
export interface CommitMember {
  entry: CommitEntry;
  follows: readonly string[];
}

/** The parameters and result of each kind of write, by its name. */
export interface Writes {
  commit: { takes: readonly CommitMember[]; gives: readonly (CommitResult | WriteFailure)[] };
  keepToken: { takes: TokenEntry; gives: CommitResult };
  markSwept: { takes: readonly SweepMark[]; gives: null };
  keepUpload: { takes: { bundle: Uint8Array; details: UploadDetails }; gives: null };
  forgetUpload: { takes: null; gives: null };
  keepSweep: { takes: SweepProgress; gives: null };
  /** Only begins and ends a write. */
  probe: { takes: null; gives: null };
}

export type WriteName = keyof Writes;
/** A request to the writer: the name of a write, and its parameters. */
export type Work = { [Name in WriteName]: { name: Name; with: Writes[Name]['takes'] } }[WriteName];

/** `message` is for the caller, `cause` for the log. */
export interface WriteFailure {
  code: ErrorCode;
  message: string;
  cause: string | null;
  isDamage: boolean;
}

export interface WriteRequest {
  id: number;
  work: Work;
}

export interface WriteReply {
  id: number;
  result: { gives: unknown } | { failure: WriteFailure };
}

export interface ConnectionOptions {
  file: string;
  rowSecret: Uint8Array;
  idempotencyTtlMs: number;
  /** Who writes: of several processes on one database only the one that claimed it last can commit. */
  owner: string;
}

/** The one connection that writes. Each call throws errors of SQLite, after which the connection has to be closed. */
export interface WriteConnection {
  /** Makes this process the owner. */
  claim(): void;
  /**
   * Writes all or nothing, in one transaction: a crash before COMMIT returns leaves nothing, a crash after it leaves
   * everything, unanswered, to be found again by idempotency key. Work that fails with an AppError fails alone. `head` is the
   * new end of the log; null where nothing was added. Throws LostOwnership.
   */
  write(requests: readonly WriteRequest[]): { replies: WriteReply[]; head: Head | null };
  close(): void;
}

const PURGE_INTERVAL_MS = 60_000;

/** Throws errors of SQLite where the database cannot be opened. */
export function openWriteConnection(options: ConnectionOptions): WriteConnection {
  const { file, rowSecret, idempotencyTtlMs, owner } = options;
  const db = new DatabaseSync(file);
  try {
    prepareConnection(db);
    prepareSchema(db);
  } catch (error) {
    db.close();
    throw error;
  }
  const insertRecord = db.prepare(
    `INSERT INTO records (position, id, case_id, seq, at, digest, leaf, jws)
      VALUES (:position, :id, :case, :seq, :at, :digest, :leaf, :jws) ON CONFLICT DO NOTHING`,
  );
  const macs = createRowMacs(rowSecret);
  const cases = prepareCaseRows(db, macs);
  const outbox = prepareOutboxRows(db, macs);
  const tokens = prepareTokenRows(db, macs);
  const bundles = prepareBundleRows(db, macs);
  const sweeps = prepareSweepRows(db, macs);
  const lastSeq = db.prepare('SELECT max(seq) AS seq FROM records WHERE case_id = ?');
  const { claim, requireOwner } = prepareOwner(db, owner);
  const keepSigningKey = prepareSigningKeys(db);
  const newestRecord = db.prepare('SELECT position, at FROM records ORDER BY position DESC LIMIT 1');
  const insertKey = db.prepare(`
    INSERT INTO idempotency (key, fingerprint, record, at, mac) VALUES (:key, :fingerprint, :record, :at, :mac)
    ON CONFLICT (key) DO UPDATE SET fingerprint = excluded.fingerprint, record = excluded.record, at = excluded.at,
      mac = excluded.mac
    WHERE idempotency.at < :notBefore`);
  const purgeKeys = db.prepare('DELETE FROM idempotency WHERE at < ?');
  const savepoint = db.prepare('SAVEPOINT member');
  const rollback = db.prepare('ROLLBACK TO member');
  const release = db.prepare('RELEASE member');
  let position = 0;
  /** The newest instant of all records, in milliseconds since the epoch: keys age by it, and not by the clock. */
  let keptAt = 0;
  let head: Head | null = null;
  let purgedAt = 0;

  function keepEntry({ record, caseHead, idempotency, leaf, outbox: events }: CommitEntry): CommitResult {
    if (idempotency !== null) {
      const notBefore = keptAt - idempotencyTtlMs;
      const row = { ...idempotency, record: record.id };
      if (insertKey.run({ ...row, mac: macs.ofKey(row), notBefore }).changes === 0) return DUPLICATE;
    }
    if (insertRecord.run({ ...record, leaf, position }).changes === 0) return CONFLICT;
    const isWritten = record.seq === 0 ? cases.insert(caseHead) : cases.advance(caseHead);
    if (!isWritten) return CONFLICT;
    outbox.insert(position, events);
    return addedToLog(record);
  }

  function keepToken({ token, record, leaf }: TokenEntry): CommitResult {
    const { seq } = lastSeq.get(INSTALLATION) as { seq: number | null };
    if (record.seq !== (seq ?? -1) + 1) return CONFLICT;
    if (insertRecord.run({ ...record, leaf, position }).changes === 0) return CONFLICT;
    if (!tokens.keep(token, position)) return CONFLICT;
    return addedToLog(record);
  }

  /** The last step of whatever adds a record. */
  function addedToLog(record: StoredRecord): CommitResult {
    keepSigningKey(record.jws);
    head = { position, digest: record.digest };
    return { status: 'committed', position: position++ };
  }

  /** Runs a part of the work. If it fails with an AppError, or is to be discarded, it is rolled back. */
  function inSavepoint<T>(act: () => T, stays: (result: T) => boolean = () => true): T | WriteFailure {
    savepoint.run();
    let result: T | WriteFailure;
    let isKept = false;
    try {
      result = act();
      isKept = stays(result);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      result = { code: error.code, message: error.message, cause: null, isDamage: isDamaged(error) };
    }
    if (!isKept) rollback.run();
    release.run();
    return result;
  }

  function commitMember({ entry, follows }: CommitMember): CommitResult | WriteFailure {
    // Work is done in the order in which it was asked for: a case that is followed is kept by now, or never will be.
    if (!follows.every(cases.has)) return CONFLICT;
    return inSavepoint(() => keepEntry(entry), isCommitted);
  }

  const writes: { [Name in WriteName]: (taken: Writes[Name]['takes']) => Writes[Name]['gives'] | WriteFailure } = {
    commit: (members) => members.map(commitMember),
    keepToken: (entry) => inSavepoint(() => keepToken(entry), isCommitted),
    markSwept: (marks) =>
      inSavepoint(() => {
        for (const mark of marks) cases.markSwept(mark);
        return null;
      }),
    keepUpload({ bundle, details }) {
      bundles.keep(bundle, details);
      return null;
    },
    forgetUpload() {
      bundles.forget();
      return null;
    },
    keepSweep(progress) {
      sweeps.keep(progress);
      return null;
    },
    probe: () => null,
  };

  function run({ name, with: taken }: Work): WriteReply['result'] {
    const write = writes[name] as (taken: unknown) => unknown;
    const result = write(taken);
    return isFailure(result) ? { failure: result } : { gives: result };
  }

  /** Finds where the log ends. */
  function readNewest(): void {
    const newest = newestRecord.get() as { position: number; at: string } | undefined;
    if (newest === undefined) return;
    position = newest.position + 1;
    keptAt = Math.max(keptAt, Date.parse(newest.at));
  }

  /** Keys are valid for a day; once a minute the old ones are deleted, within a transaction that is made anyway. */
  function purgeOldKeys(): void {
    if (keptAt - purgedAt < PURGE_INTERVAL_MS) return;
    purgeKeys.run(keptAt - idempotencyTtlMs);
    purgedAt = keptAt;
  }

  return {
    claim,
    write(requests) {
      db.exec('BEGIN IMMEDIATE');
      requireOwner();
      readNewest();
      purgeOldKeys();
      head = null;
      const replies = requests.map(({ id, work }) => ({ id, result: run(work) }));
      db.exec('COMMIT');
      return { replies, head };
    },
    close: () => db.close(),
  };
}

export const CONFLICT: CommitResult = { status: 'conflict', position: null };
const isCommitted = ({ status }: CommitResult) => status === 'committed';
const DUPLICATE: CommitResult = { status: 'duplicate', position: null };

export function isFailure(result: unknown): result is WriteFailure {
  return typeof result === 'object' && result !== null && 'isDamage' in result;
}
