import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { caseQuery, entry, keep, STORE_OPTIONS } from '../entries.contract.ts';
import type { Store } from '../store.ts';
import { openReaderThread, READER_LIMITS, type ReaderThread } from './reader-thread.ts';
import { openSqliteStore } from './store.ts';

const LONG = { case: 'long', after: -1, limit: 1e6, maxBytes: 1e9 };
const RECORDS = 2000;

describe('the reader thread', () => {
  const file = join(mkdtempSync(join(tmpdir(), 'countersign-reader-')), 'countersign.db');
  let store: Store;
  let threads: Worker[] = [];
  let reader: ReaderThread;

  beforeAll(async () => {
    store = await openSqliteStore(file, STORE_OPTIONS);
    const seqs = Array.from({ length: RECORDS }, (_, seq) => seq);
    await Promise.all(seqs.map((seq) => keep(store, entry('long', seq))));
  });
  afterAll(() => store.close());

  function open(limits: Partial<typeof READER_LIMITS> = {}) {
    const remember = (worker: Worker) => threads.push(worker);
    threads = [];
    process.on('worker', remember);
    reader = openReaderThread({ file, ...STORE_OPTIONS }, { ...READER_LIMITS, ...limits }, () => {});
    return { reader, forget: () => process.off('worker', remember) };
  }

  it('answers one after the other, and refuses what too many wait for', async () => {
    const { forget } = open({ maxWaiting: 2 });
    const results = await Promise.allSettled([1, 2, 3, 4].map(() => reader.read('search', caseQuery())));
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'rejected']);
    expect(results[3]).toMatchObject({ reason: { code: 'overloaded' } });
    forget();
    await reader.close();
  });

  it('gives up a read that takes too long, and goes on in another thread', async () => {
    const { forget } = open({ timeoutMs: 1 }); // Two thousand signatures take longer on any machine.
    await expect(reader.read('chain', LONG)).rejects.toMatchObject({ code: 'overloaded' });
    const short = () => reader.read('search', caseQuery({ kind: 'none' }));
    await expect.poll(async () => (await short().catch(() => null))?.cases, { timeout: 30_000 }).toEqual([]);
    expect(threads.length).toBeGreaterThan(1);
    forget();
    await reader.close();
  });

  it('whose thread ends fails what it was at, and goes on in another one', async () => {
    const { forget } = open();
    expect((await reader.read('search', caseQuery())).cases).toHaveLength(1);
    const reading = reader.read('chain', LONG);
    const waiting = reader.read('search', caseQuery());
    await threads[0]?.terminate();
    await expect(reading).rejects.toMatchObject({ code: 'store_unavailable' });
    expect((await waiting).cases).toHaveLength(1);
    forget();
    await reader.close();
    await expect(reader.read('search', caseQuery())).rejects.toMatchObject({ code: 'store_unavailable' });
  });
});
