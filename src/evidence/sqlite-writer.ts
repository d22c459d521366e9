import { DatabaseSync } from 'node:sqlite';
import { isMainThread, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { prepareControlSets } from './control-sets.ts';
import { LostOwnership, prepareOwner } from './ownership.ts';
import { prepareSigningKeys } from './signing-keys.ts';
import { prepareConnection, prepareSchema } from './sqlite-schema.ts';
import type { CommitEntry, CommitResult } from './store.ts';

/*
 * The writer thread: the only place that writes to the database. Whatever has queued up while a group was committed forms
 * the next group, so groups grow with the load and no timer delays a lone record.
 */

/** What the main thread asks for. A probe only begins and ends a write. */
export interface WriteRequest {
  id: number;
  entry: CommitEntry | 'probe' | 'close';
}

/** `error` is the text of what went wrong; the whole group was rolled back. */
export interface WriteReply {
  id: number;
  result: CommitResult | { error: string };
}

export interface WriterOptions {
  file: string;
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
  commitGroup(group: readonly WriteRequest[]): WriteReply[];
  close(): void;
}

function openConnection({ file, idempotencyTtlMs, owner }: WriterOptions): Connection {
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
  const upsertCase = db.prepare(`
    INSERT INTO cases (id, seq, record, decision, client, kind, subject, resource, team, outcome, tier, at, expires_at,
      closes_at, last_policy, control_set, review_by, review, due, revoked_at, judged_by)
    VALUES (:case, :seq, :record, :decision, :client, :kind, :subject, :resource, :team, :outcome, :tier, :at, :expires_at,
      :closes_at, :last_policy, :controlSet, :review_by, :review, :due, :revoked_at, :judged_by)
    ON CONFLICT (id) DO UPDATE SET seq = excluded.seq, record = excluded.record, decision = excluded.decision,
      outcome = excluded.outcome, tier = excluded.tier, at = excluded.at, expires_at = excluded.expires_at,
      closes_at = excluded.closes_at, last_policy = excluded.last_policy, control_set = excluded.control_set,
      review_by = excluded.review_by, review = excluded.review, due = excluded.due, revoked_at = excluded.revoked_at,
      judged_by = excluded.judged_by
    WHERE cases.seq = excluded.seq - 1`);
  const controlSetOf = prepareControlSets(db);
  const { claim, requireOwner } = prepareOwner(db, owner);
  const keepSigningKey = prepareSigningKeys(db);
  const newestRecord = db.prepare('SELECT position, at FROM records ORDER BY position DESC LIMIT 1');
  const insertKey = db.prepare(`
    INSERT INTO idempotency (key, fingerprint, record, at) VALUES (:key, :fingerprint, :record, :at)
    ON CONFLICT (key) DO UPDATE SET fingerprint = excluded.fingerprint, record = excluded.record, at = excluded.at
    WHERE idempotency.at < :notBefore`);
  const purgeKeys = db.prepare('DELETE FROM idempotency WHERE at < ?');
  const savepoint = db.prepare('SAVEPOINT member');
  const rollback = db.prepare('ROLLBACK TO member');
  const release = db.prepare('RELEASE member');
  let position = 0;
  /** The newest instant of all records, in milliseconds since the epoch: keys age by it, and not by the clock. */
  let keptAt = 0;
  let purgedAt = 0;

  function commitMember({ record, caseHead, idempotency }: CommitEntry, controlSet: number): CommitResult {
    if (idempotency !== null) {
      const notBefore = keptAt - idempotencyTtlMs;
      if (insertKey.run({ ...idempotency, record: record.id, notBefore }).changes === 0) return 'duplicate';
    }
    if (insertRecord.run({ ...record, position }).changes === 0) return 'conflict';
    const { controls: _, ...head } = caseHead;
    if (upsertCase.run({ ...head, controlSet }).changes === 0) return 'conflict';
    keepSigningKey(record.jws);
    position++;
    return 'committed';
  }

  function commitInSavepoint(entry: CommitEntry): CommitResult {
    const controlSet = controlSetOf(entry.caseHead.controls); // One that is left over by a conflict harms nobody.
    savepoint.run();
    const result = commitMember(entry, controlSet);
    if (result !== 'committed') rollback.run();
    release.run();
    return result;
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
      const replies = group.map(({ id, entry }): WriteReply => {
        return { id, result: typeof entry === 'string' ? 'committed' : commitInSavepoint(entry) };
      });
      db.exec('COMMIT');
      return replies;
    },
    close: () => db.close(),
  };
}

/**
 * Serves write requests until it is told to close. A connection on which anything failed is closed and opened anew for the
 * next group: closing rolls back, and a full disk or a foreign lock heals without a restart.
 */
function serve(port: NonNullable<typeof parentPort>, options: WriterOptions): void {
  let connection: Connection | null = openConnection(options);
  connection.claim(); // Once: a connection that is opened anew must not take the database back.
  port.postMessage('ready');
  port.on('message', (first: WriteRequest[]) => {
    const group = first;
    while (group.length < FULL_GROUP) {
      const next = receiveMessageOnPort(port) as { message: WriteRequest[] } | undefined;
      if (next === undefined) break;
      group.push(...next.message);
    }
    const closing = group.filter(({ entry }) => entry === 'close');
    const writes = group.filter(({ entry }) => entry !== 'close');
    if (writes.length > 0) port.postMessage(writeGroup(writes));
    if (closing.length > 0) {
      connection?.close();
      port.postMessage(closing.map(({ id }): WriteReply => ({ id, result: 'committed' })));
      port.close();
    }
  });

  function writeGroup(group: readonly WriteRequest[]): WriteReply[] {
    try {
      connection ??= openConnection(options);
      return connection.commitGroup(group);
    } catch (error) {
      connection?.close();
      connection = null;
      if (error instanceof LostOwnership) throw error; // Ends this thread, and with it the process.
      return group.map(({ id }) => ({ id, result: { error: String(error) } }));
    }
  }
}

if (!isMainThread && parentPort !== null) serve(parentPort, workerData as WriterOptions);
