import { DatabaseSync } from 'node:sqlite';
import { isMainThread, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { AppError, type ErrorCode } from '../../base/errors.ts';
import type { CommitEntry, CommitResult, JudgedMark } from '../store.ts';
import { prepareCaseRows } from './case-rows.ts';
import { isDamaged } from './faults.ts';
import { anchorFileOf, EMPTY_LOG, type Head, openFileAnchor } from './head-anchor.ts';
import { LostOwnership, prepareOwner } from './ownership.ts';
import { createRowMacs } from './row-mac.ts';
import { prepareConnection, prepareSchema } from './schema.ts';
import { prepareSigningKeys } from './signing-keys.ts';

/*
 * The writer thread: the only place that writes to the database. Whatever has queued up while a group was committed forms
 * the next group, so groups grow with the load and no timer delays a lone record.
 */

/**
 * What the main thread asks for. An entry is kept only if all cases that it `follows` are kept. A probe only begins and ends
 * a write.
 */
export type Work =
  | { commit: CommitEntry; follows: readonly string[] }
  | { judged: readonly JudgedMark[] }
  | 'probe'
  | 'close';

export interface WriteRequest {
  id: number;
  work: Work;
}

/** A failure is one of its own (then the others were written), or one of the whole group, which was rolled back. */
export interface WriteReply {
  id: number;
  result: CommitResult | WriteFailure;
}

/** `message` is for the caller, `cause` for the log. */
export interface WriteFailure {
  code: ErrorCode;
  message: string;
  cause: string | null;
  isDamage: boolean;
}

export interface WriterOptions {
  file: string;
  rowSecret: Uint8Array;
  idempotencyTtlMs: number;
  /** Who writes: of several processes on one database only the one that claimed it last can commit. */
  owner: string;
}

/** A group takes no further message from here on. */
const FULL_GROUP = 256;
const PURGE_INTERVAL_MS = 60_000;

interface Connection {
  /** Makes this process the owner. */
  claim(): void;
  /** `head` is the end of the log after the group; null where the group added nothing to it. */
  commitGroup(group: readonly WriteRequest[]): { replies: WriteReply[]; head: Head | null };
  close(): void;
}

function openConnection({ file, rowSecret, idempotencyTtlMs, owner }: WriterOptions): Connection {
  const db = new DatabaseSync(file);
  try {
    prepareConnection(db);
    prepareSchema(db);
  } catch (error) {
    db.close();
    throw error;
  }
  const insertRecord = db.prepare(
    `INSERT INTO records (position, id, case_id, seq, at, digest, jws)
      VALUES (:position, :id, :case, :seq, :at, :digest, :jws) ON CONFLICT DO NOTHING`,
  );
  const macs = createRowMacs(rowSecret);
  const cases = prepareCaseRows(db, macs);
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

  function commitMember({ record, caseHead, idempotency }: CommitEntry): CommitResult {
    if (idempotency !== null) {
      const notBefore = keptAt - idempotencyTtlMs;
      const row = { ...idempotency, record: record.id };
      if (insertKey.run({ ...row, mac: macs.ofKey(row), notBefore }).changes === 0) return 'duplicate';
    }
    if (insertRecord.run({ ...record, position }).changes === 0) return 'conflict';
    const isWritten = record.seq === 0 ? cases.insert(caseHead) : cases.advance(caseHead);
    if (!isWritten) return 'conflict';
    keepSigningKey(record.jws);
    head = { position, digest: record.digest };
    position++;
    return 'committed';
  }

  /** Sets of controls are made in the savepoint, too: what is not kept leaves nothing. */
  function inSavepoint(act: () => CommitResult): WriteReply['result'] {
    savepoint.run();
    let result: WriteReply['result'];
    try {
      result = act();
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      result = { code: error.code, message: error.message, cause: null, isDamage: isDamaged(error) };
    }
    if (result !== 'committed') rollback.run();
    release.run();
    return result;
  }

  function write(work: Work): WriteReply['result'] {
    if (typeof work === 'string') return 'committed';
    if ('judged' in work) {
      return inSavepoint(() => {
        for (const mark of work.judged) cases.markJudged(mark);
        return 'committed';
      });
    }
    // Work is done in the order in which it was asked for: what was followed has been kept by now, or never will be.
    if (!work.follows.every(cases.has)) return 'conflict';
    return inSavepoint(() => commitMember(work.commit));
  }

  /** Finds where the log ends. */
  function lookAtNewest(): void {
    const newest = newestRecord.get() as { position: number; at: string } | undefined;
    if (newest === undefined) return;
    position = newest.position + 1;
    keptAt = Math.max(keptAt, Date.parse(newest.at));
  }

  /** Keys are valid for a day; once a minute the old ones go, within a group that is written anyway. */
  function purgeOldKeys(): void {
    if (keptAt - purgedAt < PURGE_INTERVAL_MS) return;
    purgeKeys.run(keptAt - idempotencyTtlMs);
    purgedAt = keptAt;
  }

  return {
    claim,
    /*
     * One transaction for the group, a savepoint per member. A crash before COMMIT returns leaves nothing of the group; a
     * crash after it leaves all of it, unanswered, to be found again by idempotency key.
     */
    commitGroup(group) {
      db.exec('BEGIN IMMEDIATE');
      requireOwner();
      lookAtNewest();
      purgeOldKeys();
      head = null;
      const replies = group.map(({ id, work }): WriteReply => ({ id, result: write(work) }));
      db.exec('COMMIT');
      return { replies, head };
    },
    close: () => db.close(),
  };
}

/**
 * Serves write requests until it is told to close. A connection on which anything failed is closed and opened anew for the
 * next group: closing rolls back, and a full disk or a foreign lock heals without a restart.
 */
async function serve(port: NonNullable<typeof parentPort>, options: WriterOptions): Promise<void> {
  let connection: Connection | null = openConnection(options);
  connection.claim(); // Once: a connection that is opened anew must not take the database back.
  const anchor = openFileAnchor(anchorFileOf(options.file), options.rowSecret);
  if ((await anchor.read()) === null) await anchor.write(EMPTY_LOG);
  let isBusy = false;
  const waiting: WriteRequest[] = [];
  port.on('message', async (first: WriteRequest[]) => {
    waiting.push(...first);
    if (isBusy) return;
    isBusy = true;
    while (waiting.length > 0) await writeNext();
    isBusy = false;
  });
  port.postMessage('ready');

  /** Takes what has queued up meanwhile, in the order in which it was asked for. */
  function takeGroup(): WriteRequest[] {
    while (waiting.length < FULL_GROUP) {
      const next = receiveMessageOnPort(port) as { message: WriteRequest[] } | undefined;
      if (next === undefined) break;
      waiting.push(...next.message);
    }
    return waiting.splice(0);
  }

  async function writeNext(): Promise<void> {
    const group = takeGroup();
    const closing = group.filter(({ work }) => work === 'close');
    const writes = group.filter(({ work }) => work !== 'close');
    if (writes.length > 0) port.postMessage(await writeGroup(writes));
    if (closing.length === 0) return;
    connection?.close();
    anchor.close();
    port.postMessage(closing.map(({ id }): WriteReply => ({ id, result: 'committed' })));
    port.close();
  }

  /** Nothing is answered before the anchor has it: what is answered and then lost can be told at the next start. */
  async function writeGroup(group: readonly WriteRequest[]): Promise<WriteReply[]> {
    try {
      connection ??= openConnection(options);
      const { replies, head } = connection.commitGroup(group);
      if (head !== null) await anchor.write(head);
      return replies;
    } catch (error) {
      connection?.close();
      connection = null;
      if (error instanceof LostOwnership) throw error; // Ends this thread, and with it the process.
      const result: WriteFailure = {
        code: 'store_unavailable',
        message: 'The record could not be written.',
        cause: String(error),
        isDamage: isDamaged(error),
      };
      return group.map(({ id }) => ({ id, result }));
    }
  }
}

if (!isMainThread && parentPort !== null) await serve(parentPort, workerData as WriterOptions);
