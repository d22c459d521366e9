import { randomUUID } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';
import type { Sha256 } from '../../base/canonical-json.ts';
import { AppError } from '../../base/errors.ts';
import type { VerificationKey } from '../../base/jws.ts';
import { type CandidateSource, createCandidateCache } from '../candidates.ts';
import { createPendingCases } from '../pending-cases.ts';
import {
  type CaseHead,
  IDEMPOTENCY_TTL_MS,
  type LogEnd,
  type OutboxPlace,
  type OutboxRow,
  type Store,
} from '../store.ts';
import { INSTALLATION, type StoredRecord } from '../stored-record.ts';
import type { SweepProgress } from '../sweep-store.ts';
import { type BundleReader, prepareBundleReader } from './bundle-rows.ts';
import { prepareCandidateSource } from './candidate-rows.ts';
import { CASE_COLUMNS, readCaseRow } from './case-rows.ts';
import { CHECK_START } from './check.ts';
import { createCommits } from './commits.ts';
import { isDamaged } from './faults.ts';
import { refuseLostRecords } from './lost-records.ts';
import { prepareOutboxReader } from './outbox-rows.ts';
import { RECORD_COLUMNS } from './reader.ts';
import { openReaderThread, READER_LIMITS, type ReaderLimits } from './reader-thread.ts';
import { createRowMacs, type KeyRow, type RowMacs } from './row-mac.ts';
import { prepareSweepReader } from './sweep-rows.ts';
import { prepareTokenReader, type TokenReader } from './token-rows.ts';
import { openWriterThread, unavailable } from './writer-thread.ts';

/** For one slice of the check: reads of others wait as long. */
const CHECK_MS = 20;

export interface SqliteStoreOptions {
  /** 32 random bytes of this installation: without them no valid row can be written. */
  rowSecret: Uint8Array;
  /** Public keys of this installation: records verify with one of them. */
  keys: readonly VerificationKey[];
  /** Called once if the writer thread dies: nothing can be stored from then on until a restart. */
  onFailure?: (error: Error) => void;
  /** Called for each read or write that finds damage or a row that this service did not write. */
  onDamage?: (detail: string) => void;
  readerLimits?: ReaderLimits;
}

/**
 * Opens (or creates) a SQLite database as a Store: short reads on the caller's thread, long ones in a reader thread, writes
 * in the writer thread. Rejects with AppError `store_unavailable` where the file cannot be opened, or lacks records that
 * were answered. `onFailure` is told once if the writer thread dies, or another process opened the database since: nothing can
 * be kept from then on, and only a new start helps.
 */
export async function openSqliteStore(file: string, options: SqliteStoreOptions): Promise<Store> {
  const { rowSecret, keys, onFailure = () => {}, onDamage = () => {}, readerLimits = READER_LIMITS } = options;
  await refuseLostRecords(file, rowSecret);
  const writerOptions = { file, rowSecret, idempotencyTtlMs: IDEMPOTENCY_TTL_MS, owner: randomUUID() };
  const writer = await openWriterThread(writerOptions, { onFailure, onDamage });
  const publicKeys = keys.map(({ kid, alg, publicKey }) => ({ kid, alg, publicKey }));
  const thread = openReaderThread({ file, rowSecret, keys: publicKeys }, readerLimits, onDamage);
  const reader = openReader(file, createRowMacs(rowSecret));
  let checked = CHECK_START;
  const pending = createPendingCases();
  const candidates = createCandidateCache(reader.candidateSource, pending);

  async function read<T>(query: () => T): Promise<T> {
    try {
      return query();
    } catch (error) {
      if (isDamaged(error)) onDamage((error as Error).message);
      throw error instanceof AppError ? error : unavailable('The store could not be read.', error);
    }
  }

  return {
    commit: createCommits({ writer, pending, candidates, caseHead: reader.caseHead }),
    async markSwept(marks) {
      if (marks.length > 0) await writer.ask('markSwept', marks);
    },
    async keepToken(entry) {
      const { status } = await writer.ask('keepToken', entry);
      return status === 'committed' ? status : 'conflict';
    },
    async keepUpload(bundle, details) {
      try {
        await writer.ask('keepUpload', { bundle, details });
      } catch (cause) {
        throw unavailable(
          'The bundle could not be stored, so it is not active. It may be active after a restart.',
          cause,
        );
      }
    },
    async forgetUpload() {
      await writer.ask('forgetUpload', null);
    },
    async keepSweep(progress) {
      await writer.ask('keepSweep', progress);
    },
    findUpload: (configured) => read(() => reader.bundles.find(configured)),
    uploadedBundle: (digest) => read(() => reader.bundles.bytes(digest)),
    sweep: (policy) => read(() => reader.sweep(policy)),
    token: (id) => read(() => reader.tokens.find(id)),
    tokens: ({ after, limit }) => read(() => reader.tokens.page(after, limit)),
    installationHead: () => read(reader.installationHead),
    record: (id) => read(() => reader.record(id)),
    newest: () => read(reader.newest),
    outbox: (after, limit) => read(() => reader.outbox(after, limit)),
    caseHead: (recordId) => read(() => reader.caseHead(recordId)),
    idempotency: (key, notBefore) => read(() => reader.idempotency(key, notBefore)),
    candidates: (keys) => read(() => candidates.find(keys)),
    verifiedRecords: (ids) => thread.read('records', ids),
    chain: (caseId, page) => thread.read('chain', { ...page, case: caseId }),
    search: (query) => thread.read('search', query),
    countToSweep: (policy, now) => thread.read('countToSweep', { policy, now }),
    async check() {
      const { faults, next } = await thread.read('check', { from: checked, limitMs: CHECK_MS });
      checked = next ?? CHECK_START;
      return faults;
    },
    async probe() {
      await writer.ask('probe', null);
    },
    async close() {
      await thread.close();
      reader.close();
      await writer.close(); // The last connection to close carries the log into the database, if it can write.
    },
  };
}

/** What is read on the thread of the caller. Each call throws AppError `record_invalid`, or an error of SQLite. */
interface Reader {
  record(id: string): StoredRecord | null;
  newest(): LogEnd | null;
  outbox(after: OutboxPlace, limit: number): OutboxRow[];
  tokens: TokenReader;
  bundles: BundleReader;
  sweep(policy: Sha256): SweepProgress | null;
  installationHead(): StoredRecord | null;
  caseHead(recordId: string): CaseHead | null;
  idempotency(key: string, notBefore: number): { fingerprint: string; record: string } | null;
  candidateSource: CandidateSource;
  close(): void;
}

function openReader(file: string, macs: RowMacs): Reader {
  const db = new DatabaseSync(file, { readOnly: true });
  const record = db.prepare(`SELECT ${RECORD_COLUMNS} FROM records WHERE id = ?`);
  const newest = db.prepare(`SELECT ${RECORD_COLUMNS}, position, leaf FROM records ORDER BY position DESC LIMIT 1`);
  const lastOfStream = db.prepare(`SELECT ${RECORD_COLUMNS} FROM records WHERE case_id = ? ORDER BY seq DESC LIMIT 1`);
  const caseHead = db.prepare(`
    SELECT ${CASE_COLUMNS} FROM records JOIN cases ON cases.id = records.case_id
      JOIN control_sets ON control_sets.id = cases.control_set WHERE records.id = ?`);
  const idempotency = db.prepare('SELECT key, fingerprint, record, at, mac FROM idempotency WHERE key = ? AND at >= ?');
  return {
    record: (id) => (record.get(id) as StoredRecord | undefined) ?? null,
    newest: () => (newest.get() as LogEnd | undefined) ?? null,
    caseHead: (id) => readCaseRow(caseHead.get(id), macs),
    idempotency(key, notBefore) {
      const row = idempotency.get(key, notBefore) as (KeyRow & { mac: unknown }) | undefined;
      if (row === undefined) return null;
      const { fingerprint, record, at, mac } = row;
      if (macs.isOfKey({ key: row.key, fingerprint, record, at }, mac)) return { fingerprint, record };
      throw new AppError(
        'record_invalid',
        `An idempotency key in the database refers to ${record}, and this service did not write that row.`,
      );
    },
    outbox: prepareOutboxReader(db, macs),
    tokens: prepareTokenReader(db, macs),
    bundles: prepareBundleReader(db, macs),
    sweep: prepareSweepReader(db, macs),
    installationHead: () => (lastOfStream.get(INSTALLATION) as StoredRecord | undefined) ?? null,
    candidateSource: prepareCandidateSource(db, macs),
    close: () => db.close(),
  };
}
