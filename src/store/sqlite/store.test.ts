import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { AT, entry, keep, randomFrom, STORE_OPTIONS, tokenEntry } from '../entries.contract.ts';
import { describeStore } from '../store.contract.ts';
import type { Store } from '../store.ts';
import { storm } from '../storm.contract.ts';
import { inspectDatabase } from './inspect-database.ts';
import { prepareConnection, prepareSchema } from './schema.ts';
import { openSqliteStore, type SqliteStoreOptions } from './store.ts';

const openStore = (file: string, options: Partial<SqliteStoreOptions> = {}) =>
  openSqliteStore(file, { ...STORE_OPTIONS, ...options });

const newFile = () => join(mkdtempSync(join(tmpdir(), 'countersign-store-')), 'countersign.db');

/** All that a check of the whole store finds. */
async function checkAll(store: Store): Promise<string[]> {
  const faults = new Set<string>();
  // One slice for each of the five tables, and more, since a busy machine ends slices early.
  for (let slice = 0; slice < 25; slice++) for (const fault of await store.check()) faults.add(fault);
  return [...faults];
}

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
    expect(inspectDatabase(file)).toEqual({ newest: null, signingKeys: [] });
    const store = await openStore(file);
    expect(inspectDatabase(file)).toEqual({ newest: null, signingKeys: [] });
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
    expect(inspectDatabase(file)).toEqual({
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

  it('keeps a token with its record or not at all, where the write of either fails', async () => {
    const file = newFile();
    const fault = new DatabaseSync(file);
    prepareConnection(fault);
    prepareSchema(fault);
    const store = await openStore(file);
    for (const table of ['tokens', 'records']) {
      fault.exec(`CREATE TRIGGER full BEFORE INSERT ON ${table} BEGIN SELECT RAISE(ROLLBACK, 'disk is full'); END`);
      await expect(store.keepToken(tokenEntry('a', 0))).rejects.toMatchObject({ code: 'store_unavailable' });
      expect(await store.token('a')).toBeNull();
      expect(await store.installationHead()).toBeNull();
      fault.exec('DROP TRIGGER full');
    }
    expect(await store.keepToken(tokenEntry('a', 0))).toBe('committed');
    const revoked = tokenEntry('a', 1, { revoked_at: '2026-11-23T12:00:00.000Z' });
    fault.exec(`CREATE TRIGGER full BEFORE UPDATE ON tokens BEGIN SELECT RAISE(ROLLBACK, 'disk is full'); END`);
    await expect(store.keepToken(revoked)).rejects.toMatchObject({ code: 'store_unavailable' });
    expect((await store.token('a'))?.revoked_at).toBeNull();
    fault.exec('DROP TRIGGER full');
    expect(await store.keepToken(revoked)).toBe('committed');
    fault.close();
    await store.close();
  });

  it.each([
    ['gets more scopes', `UPDATE tokens SET scopes = '["admin"]' WHERE id = 'a'`, 'token a'],
    ['gets another secret', `UPDATE tokens SET secret_sha256 = '${'b'.repeat(64)}' WHERE id = 'a'`, 'token a'],
    ['lives again', `UPDATE tokens SET revoked_at = NULL WHERE id = 'a'`, 'token a'],
    ['lives longer', `UPDATE tokens SET expires_at = '2099-01-01T00:00:00.000Z' WHERE id = 'a'`, 'token a'],
  ])('believes no row of a token that somebody else wrote: it %s', async (_what, sql, words) => {
    const file = newFile();
    const damages: string[] = [];
    const store = await openStore(file, { onDamage: (fault) => damages.push(fault) });
    await store.keepToken(tokenEntry('a', 0));
    await store.keepToken(tokenEntry('a', 1, { revoked_at: '2026-11-23T12:00:00.000Z' }));
    const other = new DatabaseSync(file);
    other.exec(sql);
    other.close();
    await expect(store.token('a')).rejects.toMatchObject({ code: 'record_invalid' });
    await expect(store.tokens({ after: -1, limit: 10 })).rejects.toMatchObject({ code: 'record_invalid' });
    await expect(store.keepToken(tokenEntry('a', 2))).rejects.toMatchObject({ code: 'record_invalid' });
    expect(damages).toHaveLength(3);
    expect((await checkAll(store)).join()).toContain(words);
    await store.close();
  });

  it('finds a token whose record is gone, or says something else', async () => {
    const file = newFile();
    const store = await openStore(file);
    const { token } = tokenEntry('a', 0);
    await store.keepToken({ ...tokenEntry('b', 0), token });
    await store.keepToken({ ...tokenEntry('c', 1), token: { ...tokenEntry('c', 1).token, record: 'nowhere' } });
    const faults = await checkAll(store);
    expect(faults).toContain('the row of token a does not agree with its record');
    expect(faults).toContain('the record nowhere of token c is missing');
    await store.close();
  });

  it('finds a revoked token whose row was set back to what it was before, and a token whose row is gone', async () => {
    const file = newFile();
    const store = await openStore(file);
    await store.keepToken(tokenEntry('a', 0));
    const other = new DatabaseSync(file);
    const row = other.prepare("SELECT mac FROM tokens WHERE id = 'a'").get() as { mac: Uint8Array };
    await store.keepToken(tokenEntry('a', 1, { revoked_at: AT }));
    await store.keepToken(tokenEntry('b', 2));
    expect((await checkAll(store)).filter((fault) => fault.includes('token'))).toEqual([]);
    const { record } = tokenEntry('a', 0);
    other.prepare("UPDATE tokens SET revoked_at = NULL, record = ?, mac = ? WHERE id = 'a'").run(record.id, row.mac);
    other.exec("DELETE FROM tokens WHERE id = 'b'");
    expect((await checkAll(store)).filter((fault) => fault.includes('token'))).toEqual([
      `the row of token a does not agree with the record ${tokenEntry('a', 1).record.id}`,
      `token b of record ${tokenEntry('b', 2).record.id} has no row`,
    ]);
    other.close();
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
