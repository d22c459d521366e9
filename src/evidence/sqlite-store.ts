import { randomUUID } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';
import { Worker } from 'node:worker_threads';
import { AppError } from '../domain/errors.ts';
import { createHistory, type HistorySource } from './history.ts';
import { prepareHistorySource } from './sqlite-history.ts';
import { CASE_COLUMNS, prepareSearch, toCaseHead } from './sqlite-search.ts';
import type { WriteReply, WriteRequest, WriterOptions } from './sqlite-writer.ts';
import {
  type CaseHead,
  type CommitEntry,
  type CommitResult,
  IDEMPOTENCY_TTL_MS,
  type Store,
  type StoredRecord,
} from './store.ts';

/** Writes that may wait at once; beyond it callers are refused, since a queue that only grows helps nobody. */
const MAX_PENDING = 10_000;

interface Pending {
  resolve: (result: CommitResult) => void;
  reject: (error: AppError) => void;
}

/**
 * Opens (or creates) a SQLite database as a Store: reads on the caller's thread, writes in the writer thread.
 * Rejects with AppError `store_unavailable` where the file cannot be opened. `onFailure` is told once if the writer thread
 * dies, or another process opened the database since: nothing can be kept from then on, and only a new start helps.
 */
export async function openSqliteStore(file: string, onFailure: (error: Error) => void = () => {}): Promise<Store> {
  const worker = await startWriter({ file, idempotencyTtlMs: IDEMPOTENCY_TTL_MS, owner: randomUUID() });
  const pending = new Map<number, Pending>();
  let outbox: WriteRequest[] = [];
  let nextId = 0;
  let failure: AppError | null = null;

  worker.on('message', (replies: WriteReply[]) => {
    for (const { id, result } of replies) {
      const waiter = pending.get(id);
      pending.delete(id);
      if (typeof result === 'string') waiter?.resolve(result);
      else waiter?.reject(unavailable('The record could not be written.', new Error(result.error)));
    }
  });
  let closing = false;
  worker.on('error', (error: Error) => fail(unavailable(`The writer thread failed: ${error.message}`, error)));
  worker.on('exit', () => fail(unavailable('The store is closed.')));

  function fail(error: AppError): void {
    if (failure !== null) return;
    failure = error;
    for (const { reject } of pending.values()) reject(error);
    pending.clear();
    if (!closing) onFailure(error);
  }

  function ask(entry: WriteRequest['entry']): Promise<CommitResult> {
    return new Promise((resolve, reject) => {
      if (failure !== null) return reject(failure);
      if (pending.size >= MAX_PENDING) return reject(unavailable('Too many writes are waiting.'));
      const id = nextId++;
      pending.set(id, { resolve, reject });
      if (outbox.push({ id, entry }) === 1) process.nextTick(post);
    });
  }

  /** What is asked for in one turn of the event loop goes to the writer in one message. */
  function post(): void {
    worker.postMessage(outbox);
    outbox = [];
  }

  const { historySource, ...reader } = openReader(file);
  const history = createHistory(historySource);

  function forget(recordId: string): void {
    let head: CaseHead | null = null;
    try {
      head = reader.caseHead(recordId);
    } catch {
      // What cannot be told apart is forgotten as a whole.
    }
    if (head === null) history.forgetAll();
    else history.forget(head);
  }

  async function commit(entry: CommitEntry): Promise<CommitResult> {
    const { record, caseHead } = entry;
    const result = await ask(entry).catch((error: AppError) => {
      history.forgetAll(); // It may have been kept all the same.
      throw error;
    });
    if (result === 'committed') {
      if (record.seq === 0) history.add(caseHead);
      else forget(record.id);
    }
    return result;
  }

  return {
    ...reader,
    commit,
    history: (query) => read(() => history.find(query)),
    async probe() {
      await ask('probe');
    },
    async close() {
      closing = true;
      if (failure === null) await ask('close');
      reader.close();
    },
  };
}

interface Reader
  extends Pick<Store, 'record' | 'caseHead' | 'chain' | 'idempotency' | 'newest' | 'signingKeys' | 'search'> {
  historySource: HistorySource;
  close(): void;
}

function openReader(file: string): Reader {
  const db = new DatabaseSync(file, { readOnly: true });
  const recordColumns = 'id, case_id AS "case", seq, at, jws, digest';
  const record = db.prepare(`SELECT ${recordColumns} FROM records WHERE id = ?`);
  const chain = db.prepare(`SELECT ${recordColumns} FROM records WHERE case_id = ? AND seq > ? ORDER BY seq LIMIT ?`);
  const caseHead = db.prepare(`
    SELECT ${CASE_COLUMNS} FROM records JOIN cases ON cases.id = records.case_id
      JOIN control_sets ON control_sets.id = cases.control_set WHERE records.id = ?`);
  const idempotency = db.prepare('SELECT fingerprint, record FROM idempotency WHERE key = ? AND at >= ?');
  const newest = db.prepare(`SELECT ${recordColumns}, position FROM records ORDER BY position DESC LIMIT 1`);
  const signingKeys = db.prepare('SELECT kid FROM signing_keys ORDER BY kid');
  const search = prepareSearch(db);
  return {
    record: (id) => read(() => (record.get(id) as StoredRecord | undefined) ?? null),
    caseHead: (id) => read(() => toCaseHead(caseHead.get(id))),
    chain: (caseId, { after, limit, maxBytes }) =>
      read(() => {
        const page: StoredRecord[] = [];
        let bytes = 0;
        for (const row of chain.iterate(caseId, after, limit)) {
          const found = row as unknown as StoredRecord;
          page.push(found);
          bytes += found.jws.length;
          if (bytes >= maxBytes) break;
        }
        return page;
      }),
    idempotency: (key, notBefore) =>
      read(() => (idempotency.get(key, notBefore) as { fingerprint: string; record: string } | undefined) ?? null),
    newest: () => read(() => (newest.get() as (StoredRecord & { position: number }) | undefined) ?? null),
    signingKeys: () => read(() => (signingKeys.all() as { kid: string }[]).map(({ kid }) => kid)),
    search: (query) => read(() => search(query)),
    historySource: prepareHistorySource(db),
    close: () => db.close(),
  };
}

function read<T>(query: () => T): T {
  try {
    return query();
  } catch (cause) {
    throw unavailable('The store could not be read.', cause);
  }
}

async function startWriter(options: WriterOptions): Promise<Worker> {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  const worker = new Worker(new URL(`./sqlite-writer.${extension}`, import.meta.url), { workerData: options });
  await new Promise<void>((resolve, reject) => {
    worker.once('message', () => resolve());
    worker.once('error', (error) => reject(unavailable(`The database ${options.file} cannot be opened.`, error)));
  });
  worker.removeAllListeners('error');
  return worker;
}

function unavailable(message: string, cause?: unknown): AppError {
  return new AppError('store_unavailable', message, { cause });
}
