import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { watchDiskSpace } from '../src/store/sqlite/disk-space.ts';
import { startProcess } from './support/process.ts';
import { exampleRequest, temporaryDir } from './support/service.ts';

const REQUEST = exampleRequest('issue-api-key/allow-sandbox-key');
const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url));

/** Starts the service and gives what it said when it ended. */
function startAndFail(dataDir: string, wrapper: string[] = []) {
  const env = { PATH: process.env['PATH'] ?? '', COUNTERSIGN_DATA_DIR: dataDir, COUNTERSIGN_LISTEN: '127.0.0.1:0' };
  const [command = '', ...args] = [...wrapper, process.execPath, MAIN, 'serve'];
  return spawnSync(command, args, { env, encoding: 'utf8', timeout: 50_000 });
}

const SAYS_SO =
  /^store_unavailable: The disk of the data folder \S+ is full \([\d,]+ KiB are left\)\. Free some space and start again\.\n$/;

/** A disk of its own, where this process may mount one; a file size of which nothing is left, where it may not. */
const disk = mkdtempSync(join(tmpdir(), 'countersign-disk-'));
const isMounted =
  process.platform === 'linux' && spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=80m', 'none', disk]).status === 0;
afterAll(() => {
  if (isMounted) execFileSync('umount', ['-l', disk]);
  rmSync(disk, { recursive: true, force: true });
});

describe('a start without room', () => {
  // Where no disk can be mounted, a limit on the size of files is the nearest thing.
  it.runIf(process.platform === 'linux')('by a limit on the size of files ends with one line, and no stack', () => {
    const limited = ['sh', '-c', 'trap "" XFSZ; ulimit -f 0; exec "$@"', 'service'];
    const { status, stderr } = startAndFail(temporaryDir(), limited);
    expect(stderr).toMatch(/^store_unavailable: [^\n]+ cannot be locked\. \(disk I\/O error\)\n$/);
    expect(status).toBe(3);
  });

  it.runIf(isMounted).each([0, 8, 40, 100])('on a disk with %i KiB left ends with one line that says so', (kib) => {
    rmSync(join(disk, 'data'), { recursive: true, force: true });
    rmSync(join(disk, 'fill'), { force: true });
    mkdirSync(join(disk, 'data'), { mode: 0o700 });
    fillUpTo(kib * 1024);
    const { status, stderr } = startAndFail(join(disk, 'data'));
    expect(stderr).toMatch(SAYS_SO);
    expect(status).toBe(3);
  });
});

function fillUpTo(left: number): void {
  const { bavail, bsize } = statfsSync(disk);
  writeFileSync(join(disk, 'fill'), Buffer.alloc(Math.max(0, bavail * bsize - left)));
}

describe.runIf(isMounted)('a disk that fills', () => {
  const dataDir = join(disk, 'data');

  beforeAll(() => {
    rmSync(dataDir, { recursive: true, force: true });
    rmSync(join(disk, 'fill'), { force: true });
    mkdirSync(dataDir, { mode: 0o700 });
  });

  it('is told by readiness and a metric while decisions can still be kept, and heals by itself', async () => {
    const service = await startProcess({ dataDir, env: { COUNTERSIGN_METRICS_OPEN: 'true' } });
    const ready = async () => (await fetch(`${service.url}/readyz`)).json();
    expect(await ready()).toMatchObject({ status: 'ok' });
    fillUpTo(30 * 2 ** 20);
    expect(await ready()).toMatchObject({ status: 'unavailable', reason: 'disk' });
    const metrics = await (await fetch(`${service.url}/metrics`)).text();
    const free = Number(/^countersign_disk_free_bytes (\S+)$/m.exec(metrics)?.[1]);
    expect(free).toBeGreaterThan(0);
    expect(free).toBeLessThanOrEqual(30 * 2 ** 20);
    expect((await service.client.decide(REQUEST, { idempotencyKey: 'k' })).outcome).toBe('allow');
    rmSync(join(disk, 'fill'));
    expect(await ready()).toMatchObject({ status: 'ok' });
    await service.end('SIGTERM');
  });
});

describe('the room of a folder', () => {
  it('is none where the folder is gone, and a start that fails for that says why', () => {
    const { freeBytes, isFine } = watchDiskSpace(join(disk, 'gone'));
    expect([freeBytes(), isFine()]).toEqual([0, false]);
    writeFileSync(join(disk, 'a-file'), '');
    const { status, stderr } = startAndFail(join(disk, 'a-file', 'data'));
    expect(stderr).toMatch(/^config_invalid: COUNTERSIGN_DATA_DIR \S+ cannot be created\. [^\n]+\n$/);
    expect(status).toBe(3);
    rmSync(join(disk, 'a-file'));
  });

  it('is what the system says', () => {
    const { freeBytes } = watchDiskSpace(tmpdir());
    const { bavail, bsize } = statfsSync(tmpdir());
    expect(Math.abs(freeBytes() - bavail * bsize)).toBeLessThan(2 ** 30);
  });
});
