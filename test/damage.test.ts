import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { openDatabase } from './support/database.ts';
import { type RunningProcess, startProcess } from './support/process.ts';
import { exampleRequest, startService, temporaryDir } from './support/service.ts';

const REQUEST = exampleRequest('issue-api-key/allow-sandbox-key');
const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url));

let running: RunningProcess[] = [];
async function start(dataDir?: string): Promise<RunningProcess> {
  const service = await startProcess(dataDir === undefined ? {} : { dataDir });
  running.push(service);
  return service;
}
afterEach(() => {
  for (const { child } of running) child.kill('SIGKILL');
  running = [];
});

/** `countersign store …` on a data folder. */
function store(dataDir: string, ...args: string[]) {
  const env = { PATH: process.env['PATH'] ?? '', COUNTERSIGN_DATA_DIR: dataDir };
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, 'store', ...args], { env, encoding: 'utf8' });
  return { code: status, out: stdout, err: stderr };
}

async function decideMany({ client }: RunningProcess, count: number): Promise<string[]> {
  const ids: string[] = [];
  for (let index = 0; index < count; index++)
    ids.push((await client.decide(REQUEST, { idempotencyKey: `${index}` })).id);
  return ids;
}

/** Overwrites bytes of a file, like a disk that fails or somebody with an editor. */
function damage(file: string, offset: number, bytes = 64): void {
  const content = readFileSync(file);
  content.fill(0xa5, offset, offset + bytes);
  writeFileSync(file, content);
}

describe('a write-ahead log that was damaged after SIGKILL', () => {
  it('keeps the service from starting, which names what is missing, until the loss is accepted', async () => {
    const first = await start();
    const { dataDir } = first;
    const ids = await decideMany(first, 40);
    await first.end('SIGKILL');
    const wal = join(dataDir, 'countersign.db-wal');
    damage(wal, Math.floor(statSync(wal).size * 0.8));
    const damaged = readFileSync(wal);

    const refused = await startProcess({ dataDir }).then(
      () => 'it started',
      (error: Error) => error.message,
    );
    const [, from, to] = /positions (\d+) to (\d+) are missing/.exec(refused) ?? [];
    expect(refused).toContain('The database lacks records that callers received');
    expect(Number(to)).toBe(40);
    // What is left of the log is still there, for whoever may rescue what is in it.
    expect(readFileSync(wal).equals(damaged)).toBe(true);
    expect(store(dataDir, 'check')).toMatchObject({
      code: 1,
      out: expect.stringContaining(`positions ${from} to ${to}`),
    });

    expect(store(dataDir, 'accept-loss')).toMatchObject({ code: 1, out: expect.stringContaining('--yes') });
    await expect(startProcess({ dataDir })).rejects.toThrow('are missing');
    expect(store(dataDir, 'accept-loss', '--yes')).toMatchObject({ code: 0, out: expect.stringContaining('accepted') });
    const second = await start(dataDir);
    expect((await second.client.getDecision(ids[0] ?? '')).id).toBe(ids[0]);
    await expect(second.client.getDecision(ids[39] ?? '')).rejects.toMatchObject({ status: 404 });
    expect(store(dataDir, 'accept-loss')).toMatchObject({ code: 3, err: expect.stringContaining('Another process') });
    await second.client.decide(REQUEST, { idempotencyKey: 'new' });
    await second.end('SIGTERM');
    expect(store(dataDir, 'check')).toMatchObject({ code: 0 });
    expect(store(dataDir, 'accept-loss')).toMatchObject({
      code: 0,
      out: expect.stringContaining('Nothing is missing'),
    });
  });
});

describe('the anchor', () => {
  it('that is gone, or damaged, keeps the service from starting', async () => {
    const first = await start();
    const { dataDir } = first;
    await decideMany(first, 3);
    await first.end('SIGTERM');
    const file = join(dataDir, 'countersign.head');
    const kept = readFileSync(file);
    rmSync(file);
    await expect(startProcess({ dataDir })).rejects.toThrow(/countersign\.head is missing/);
    writeFileSync(file, kept.toString('latin1').replaceAll(/ \d sha256/g, ' 0 sha256'), {
      encoding: 'latin1',
      mode: 0o600,
    });
    await expect(startProcess({ dataDir })).rejects.toThrow(/countersign\.head is damaged/);
    expect(store(dataDir, 'check')).toMatchObject({ code: 1, out: expect.stringContaining('is damaged') });
    writeFileSync(file, kept, { mode: 0o600 });
    await start(dataDir);
  });

  it('finds a database that was put back to an older state', async () => {
    const first = await start();
    const { dataDir } = first;
    await decideMany(first, 2); // Positions 1 and 2, after the record of the token of the operator.
    await first.end('SIGTERM');
    const database = join(dataDir, 'countersign.db');
    const old = join(mkdtempSync(join(tmpdir(), 'countersign-old-')), 'countersign.db');
    copyFileSync(database, old);
    const second = await start(dataDir);
    await second.client.decide(REQUEST, { idempotencyKey: 'another' });
    await second.end('SIGTERM');
    copyFileSync(old, database);
    await expect(startProcess({ dataDir })).rejects.toThrow(/position 3 is missing/);
  });
});

/** The first two records are those of the tokens, the three of decisions come after them. */
const CHANGES: [string, string, RegExp][] = [
  [
    'a byte of a record',
    `UPDATE records SET jws = replace(jws, '.', '.x') WHERE position = 3`,
    /a different digest than its row/,
  ],
  [
    'the instant of a record',
    `UPDATE records SET at = '2020-01-01T00:00:00.000Z' WHERE position = 3`,
    /another record in place/,
  ],
  [
    'the place of a record',
    'UPDATE records SET position = 9 WHERE position = 4',
    /positions 4 to 8 of the log are missing/,
  ],
  ['a row of a case', `UPDATE cases SET review_by = '2999'`, /was not written by this service/],
  [
    'a row of a case that is gone',
    'DELETE FROM cases WHERE id = (SELECT case_id FROM records WHERE position = 3)',
    /has no row/,
  ],
  [
    'an idempotency key',
    'UPDATE idempotency SET record = (SELECT id FROM records WHERE position = 4)',
    /was not written by/,
  ],
];

describe('what was changed in the database', () => {
  it.each(CHANGES)('is found by a check and by the service itself: %s', async (_what, sql, fault) => {
    const service = await startService();
    const token = service.token('portal', ['decide', 'read']);
    for (const key of ['a', 'b', 'c']) {
      await service.agent
        .post('/v1/decisions')
        .set({ authorization: `Bearer ${token}`, 'idempotency-key': key })
        .send(REQUEST)
        .expect(201);
    }
    expect(await service.store.check()).toEqual([]);
    const { dataDir } = service.config;
    const db = openDatabase(dataDir);
    db.exec(sql);
    db.close();
    const found: string[] = [];
    for (let slices = 0; slices < 6; slices++) found.push(...(await service.store.check()));
    expect(found.join('\n')).toMatch(fault);
    expect(store(dataDir, 'check')).toMatchObject({ code: 1, out: expect.stringMatching(fault) });
    // The background check says so once, and readiness tells it.
    await expect
      .poll(async () => (await service.agent.get('/readyz')).body, { timeout: 30_000 })
      .toMatchObject({ status: 'unavailable', reason: 'damaged' });
    const { text } = await service.agent.get('/metrics').set('authorization', `Bearer ${token}`).expect(200);
    expect(text).toMatch(/^countersign_store_faults [1-9]/m);
    await service.stop();
  });

  it('is told in one line where not even the tables can be read', async () => {
    const first = await start();
    const { dataDir } = first;
    await decideMany(first, 2);
    await first.end('SIGTERM');
    damage(join(dataDir, 'countersign.db'), 100, 3000);
    const { code, out, err } = store(dataDir, 'check');
    expect([code, err.split('\n').length - 1 + out.split('\n').length - 1]).toEqual([3, 1]);
    expect(err).toContain('cannot be read. (database disk image is malformed)');
    await expect(startProcess({ dataDir })).rejects.toThrow(/cannot be opened\. \(/);
  });

  it.each([
    ['bytes of a record', 64, /a different digest than its row|does not verify/],
    ['a page of the file', 4096, /malformed|a different digest|missing/],
  ])('is found where the disk damaged %s, whether it is read or not', async (_what, bytes, fault) => {
    const first = await start();
    const { dataDir } = first;
    const ids = await decideMany(first, 12);
    await first.end('SIGTERM');
    const database = join(dataDir, 'countersign.db');
    const log = new DatabaseSync(database, { readOnly: true });
    const rows = log.prepare('SELECT jws FROM records WHERE position BETWEEN 1 AND 10').all() as { jws: string }[];
    log.close();
    const content = readFileSync(database);
    // The signature of one that does not lie across two pages.
    const at = Math.max(...rows.map(({ jws }) => content.indexOf(jws.slice(-70))));
    expect(at).toBeGreaterThan(4096);
    damage(database, bytes === 4096 ? at - (at % 4096) : at, bytes);
    expect(store(dataDir, 'check')).toMatchObject({ code: 1, out: expect.stringMatching(fault), err: '' });
    const second = await start(dataDir);
    expect((await second.client.getDecision(ids[0] ?? '')).id).toBe(ids[0]);
    await expect
      .poll(async () => (await fetch(`${second.url}/readyz`)).json(), { timeout: 30_000 })
      .toMatchObject({ status: 'unavailable', reason: 'damaged' });
  });

  it('is not there in a folder that is fine', async () => {
    const service = await startService();
    const { dataDir } = service.config;
    expect(store(dataDir, 'check')).toMatchObject({ code: 0, out: expect.stringContaining('1 records, 0 cases') });
    expect(store(temporaryDir(), 'check')).toMatchObject({ code: 3 });
    await service.stop();
  });
});
