import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { describeStore, entry, keep, randomFrom, STORE_OPTIONS, storm } from '../store.contract.ts';
import { lookIntoDatabase } from './database-look.ts';
import { prepareConnection, prepareSchema } from './schema.ts';
import { openSqliteStore, type SqliteStoreOptions } from './store.ts';

const openStore = (file: string, options: Partial<SqliteStoreOptions> = {}) =>
  openSqliteStore(file, { ...STORE_OPTIONS, ...options });

const newFile = () => join(mkdtempSync(join(tmpdir(), 'countersign-store-')), 'countersign.db');

describeStore('the SQLite store', {
  async fresh() {
    const file = newFile();
    const open = () => openStore(file);
    return { store: await open(), open };
  },
});

describe('the SQLite store', () => {
  it('syncs at every commit: WAL and synchronous=FULL', () => {
    const db = new DatabaseSync(newFile());
    prepareConnection(db);
    expect(db.prepare('PRAGMA journal_mode').get()).toEqual({ journal_mode: 'wal' });
    expect(db.prepare('PRAGMA synchronous').get()).toEqual({ synchronous: 2 });
    expect(db.prepare('PRAGMA busy_timeout').get()).toEqual({ timeout: 1000 });
    db.close();
  });

  it('gives every record its place in the log, without gaps, in the order of the groups', async () => {
    const file = newFile();
    const store = await openStore(file);
    await Promise.all(Array.from({ length: 100 }, (_, index) => keep(store, entry(`c${index % 80}`, 0))));
    await store.close();
    const db = new DatabaseSync(file, { readOnly: true });
    const log = db.prepare('SELECT position, id, digest FROM records ORDER BY position').all();
    expect(log).toHaveLength(80);
    expect(log.map((row) => row['position'])).toEqual(Array.from({ length: 80 }, (_, index) => index));
    expect(log[0]).toMatchObject({ id: 'c0', digest: entry('c0', 0).record.digest });
    db.close();
  });

  it('can be looked into before it is opened: the last record, and the keys of all', async () => {
    const file = newFile();
    expect(lookIntoDatabase(file)).toEqual({ newest: null, signingKeys: [] });
    const store = await openStore(file);
    expect(lookIntoDatabase(file)).toEqual({ newest: null, signingKeys: [] });
    const signedBy = (caseId: string, kid: string) => {
      const header = Buffer.from(JSON.stringify({ alg: 'ES256', kid, typ: 'x' })).toString('base64url');
      const { record, ...rest } = entry(caseId, 0);
      return { ...rest, record: { ...record, jws: `${header}.e30.x` } };
    };
    for (const [caseId, kid] of [
      ['c1', 'b'],
      ['c2', 'a'],
      ['c3', 'b'],
    ] as const) {
      expect(await keep(store, signedBy(caseId, kid))).toBe('committed');
    }
    expect(await keep(store, signedBy('c3', 'c'))).toBe('conflict');
    expect(lookIntoDatabase(file)).toEqual({
      newest: { ...signedBy('c3', 'b').record, position: 2, leaf: signedBy('c3', 'b').leaf },
      signingKeys: ['a', 'b'],
    });
    await store.close();
  });

  it('rejects while somebody else holds the lock, keeps nothing, and recovers by itself', async () => {
    const file = newFile();
    const store = await openStore(file);
    await keep(store, entry('c1', 0));
    const foreign = new DatabaseSync(file);
    foreign.exec('BEGIN IMMEDIATE');
    await expect(keep(store, entry('c2', 0))).rejects.toMatchObject({ code: 'store_unavailable' });
    await expect(store.probe()).rejects.toMatchObject({ code: 'store_unavailable' });
    foreign.exec('ROLLBACK');
    expect(await store.record('c2')).toBeNull();
    expect(await keep(store, entry('c2', 0))).toBe('committed');
    foreign.close();
    await store.close();
  });

  it('rejects a whole group that the disk has no room for, and recovers when there is room', async () => {
    const file = newFile();
    const limit = new DatabaseSync(file);
    prepareConnection(limit);
    prepareSchema(limit);
    const { page_count } = limit.prepare('PRAGMA page_count').get() as { page_count: number };
    limit.exec(`CREATE TABLE pad (x BLOB); CREATE TRIGGER full BEFORE INSERT ON records
      WHEN length(NEW.jws) > ${page_count * 100} BEGIN SELECT RAISE(ROLLBACK, 'database or disk is full'); END`);
    const store = await openStore(file);
    const big = entry('c1', 0);
    big.record.jws = 'x'.repeat(page_count * 100 + 1);
    const results = await Promise.allSettled([
      keep(store, entry('c0', 0)),
      keep(store, big),
      keep(store, entry('c2', 0)),
    ]);
    expect(results.map(({ status }) => status)).toContain('rejected');
    expect(await store.record('c1')).toBeNull();
    limit.exec('DROP TRIGGER full');
    expect(await keep(store, big)).toBe('committed');
    limit.close();
    await store.close();
  });

  it('keeps no record whose history names a case that is not kept, where whole groups fail', async () => {
    const file = newFile();
    const fault = new DatabaseSync(file);
    prepareConnection(fault);
    prepareSchema(fault);
    fault.exec(`CREATE TRIGGER full BEFORE INSERT ON records WHEN NEW.id LIKE 'c_7-0'
      BEGIN SELECT RAISE(ROLLBACK, 'database or disk is full'); END`);
    const store = await openStore(file);
    const seed = Date.now() % 1e6; // Told where it fails.
    const { kept } = await storm(store, randomFrom(seed));
    expect(kept.size, `seed ${seed}`).toBeGreaterThan(50);
    for (const [id, seen] of kept) {
      for (const each of [id, ...seen]) expect((await store.record(each))?.id, `seed ${seed}`).toBe(each);
    }
    fault.close();
    await store.close();
  });

  it('says once that its writer thread ended, and keeps nothing from then on', async () => {
    const writers: Worker[] = [];
    const remember = (worker: Worker) => writers.push(worker);
    process.on('worker', remember);
    const failures: string[] = [];
    const store = await openStore(newFile(), { onFailure: (error) => failures.push(error.message) });
    process.off('worker', remember);
    const [writer] = writers; // The reader thread is started after it.
    await writer?.terminate();
    await expect(keep(store, entry('c1', 0))).rejects.toMatchObject({ code: 'store_unavailable' });
    expect(failures).toHaveLength(1);
    await store.close();
  });

  it('does not take its own end for a failure', async () => {
    const failures: Error[] = [];
    const store = await openStore(newFile(), { onFailure: (error) => failures.push(error) });
    await store.close();
    await expect(keep(store, entry('c1', 0))).rejects.toMatchObject({ code: 'store_unavailable' });
    expect(failures).toEqual([]);
  });

  it.each([5, 99])('does not open a database of another version (%i)', async (version) => {
    const file = newFile();
    const db = new DatabaseSync(file);
    db.exec(`PRAGMA user_version = ${version}`);
    db.close();
    await expect(openStore(file)).rejects.toMatchObject({ code: 'store_unavailable' });
  });
});
