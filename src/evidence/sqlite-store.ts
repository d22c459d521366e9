import { DatabaseSync } from 'node:sqlite';
import { Worker } from 'node:worker_threads';
import { AppError } from '../domain/errors.ts';
import type { HistoryEntry } from '../domain/record.ts';
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
 * dies: nothing can be kept from then on, and only a new start helps.
 */
export async function openSqliteStore(file: string, onFailure: (error: Error) => void = () => {}): Promise<Store> {
  const worker = await startWriter({ file, idempotencyTtlMs: IDEMPOTENCY_TTL_MS });
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
  worker.on('error', (error) => fail(unavailable('The writer thread failed.', error)));
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

  const reader = openReader(file);
  return {
    ...reader,
    commit: (entry: CommitEntry) => ask(entry),
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

type Reader = Pick<Store, 'record' | 'caseHead' | 'chain' | 'idempotency' | 'history'> & { close(): void };

function openReader(file: string): Reader {
  const db = new DatabaseSync(file, { readOnly: true });
  const recordColumns = 'id, case_id AS "case", seq, jws, digest';
  const record = db.prepare(`SELECT ${recordColumns} FROM records WHERE id = ?`);
  const chain = db.prepare(`SELECT ${recordColumns} FROM records WHERE case_id = ? AND seq > ? ORDER BY seq LIMIT ?`);
  const caseHead = db.prepare(`
    SELECT cases.id AS "case", cases.seq, cases.record, client, kind, subject, resource, outcome, tier, at, expires_at
    FROM records JOIN cases ON cases.id = records.case_id WHERE records.id = ?`);
  const idempotency = db.prepare('SELECT fingerprint, record FROM idempotency WHERE key = ? AND at >= ?');
  const begin = db.prepare('BEGIN');
  const end = db.prepare('COMMIT');
  const newest = (index: string, where: string) => {
    const select = `SELECT id, kind, outcome, tier, at, expires_at FROM cases INDEXED BY ${index}`;
    const statement = db.prepare(`${select} WHERE ${where} ORDER BY at DESC, id DESC LIMIT ?`);
    statement.setReturnArrays(true);
    return statement;
  };
  const lines = {
    subject: {
      all: newest('cases_by_subject', 'subject = ?'),
      granted: newest('granted_by_subject', "subject = ? AND kind = ? AND outcome = 'allow'"),
    },
    resource: {
      all: newest('cases_by_resource', 'resource = ?'),
      granted: newest('granted_by_resource', "resource = ? AND kind = ? AND outcome = 'allow'"),
    },
  };

  /** The newest cases of a subject or resource, and beyond them, where there are more, the newest grants of the kind. */
  function line(name: 'subject' | 'resource', key: string, kind: string, limit: number): HistoryRow[] {
    const { all, granted } = lines[name];
    const rows = all.all(key, limit) as unknown as HistoryRow[];
    return rows.length < limit ? rows : [...rows, ...(granted.all(key, kind, limit) as unknown as HistoryRow[])];
  }

  /** One look at the database for several queries: every new look drops the pages that it knows. */
  function inOneRead<T>(query: () => T): T {
    begin.run();
    try {
      return query();
    } finally {
      end.run();
    }
  }

  return {
    record: (id) => read(() => (record.get(id) as StoredRecord | undefined) ?? null),
    caseHead: (id) => read(() => (caseHead.get(id) as CaseHead | undefined) ?? null),
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
    history({ kind, subject, resource, except, limit }) {
      const rows = read(() =>
        inOneRead(() => [...line('subject', subject, kind, limit + 1), ...line('resource', resource, kind, limit + 1)]),
      );
      const found = new Map(rows.map((row) => [row[0], entryOf(row)]));
      if (except !== null) found.delete(except);
      const newestFirst = [...found.values()].sort(byAge);
      if (newestFirst.length <= limit) return newestFirst;
      const grants = newestFirst.filter((entry) => entry.kind === kind && entry.outcome === 'allow');
      const others = newestFirst.filter((entry) => !grants.includes(entry));
      return [...grants, ...others].slice(0, limit).sort(byAge);
    },
    close: () => db.close(),
  };
}

type HistoryRow = [id: string, ...string[]];

function entryOf([id, kind, outcome, tier, at, expires_at]: HistoryRow): HistoryEntry {
  return { case: id, kind, outcome, tier, at, expires_at, review: null } as HistoryEntry;
}

/** The newest first, by time, then by id, which grows with time too: the order is the same at every look. */
function byAge(a: HistoryEntry, b: HistoryEntry): number {
  if (a.at !== b.at) return a.at < b.at ? 1 : -1;
  return a.case === b.case ? 0 : a.case < b.case ? 1 : -1;
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
