import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { type RunningProcess, startProcess } from './support/process.ts';
import { exampleRequest, temporaryDir } from './support/service.ts';
import { callText, closed, openSocket } from './support/sockets.ts';

/** What these floods did to the service before: the process ended, or answered nobody. */
const SMALL_HEAP = '--max-old-space-size=160';
const REQUEST = exampleRequest('issue-api-key/allow-sandbox-key');

let running: RunningProcess;
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  const { exitCode, signalCode } = running.child;
  if (exitCode === null && signalCode === null) await running.end('SIGTERM');
});

async function open(count: number): Promise<Socket[]> {
  const opened = await Promise.all(Array.from({ length: count }, () => openSocket(running.url)));
  sockets.push(...opened);
  return opened;
}

it('survives connections that send very many calls and read no answer', async () => {
  running = await startProcess({ env: { NODE_OPTIONS: SMALL_HEAP, COUNTERSIGN_THREADS: '1' } });
  const flood = await open(40);
  for (const socket of flood) socket.pause().write(callText('/openapi.json').repeat(1600));
  expect((await running.client.decide(REQUEST)).outcome).toBe('allow');
  await Promise.all(flood.map((socket) => closed(socket.resume())));
  expect(running.child.exitCode).toBe(null);
});

it('survives a client that asks for its large case again and again and reads no answer', async () => {
  running = await startProcess({ env: { NODE_OPTIONS: SMALL_HEAP, COUNTERSIGN_THREADS: '1' } });
  const large = { ...REQUEST, context: { ...REQUEST.context, note: 'x'.repeat(200_000) } };
  const { id } = await running.client.decide(large);
  const flood = await open(30);
  const calls = callText(`/v1/cases/${id}`, { token: running.adminToken });
  for (const socket of flood) socket.pause().write(calls.repeat(400));
  await Promise.all(flood.map((socket) => closed(socket.resume())));
  expect((await running.client.decide(REQUEST)).outcome).toBe('allow');
});

const LIMITED = ['prlimit', '--nofile=200:200'];
const onLinux = it.skipIf(process.platform !== 'linux');

onLinux(
  'goes on for those who are connected, and for new ones, while idle connections take all file handles',
  async () => {
    running = await startProcess({ wrapper: LIMITED, env: { COUNTERSIGN_THREADS: '1' } });
    const [connected] = await open(1);
    if (connected === undefined) throw new Error('no connection');
    const call = callText('/v1/decisions', { token: running.adminToken, body: JSON.stringify(REQUEST) });
    const ask = () => statusOf(connected, call);
    expect(await ask()).toBe(201);
    for (let batch = 0; batch < 6; batch++) {
      await open(50);
      expect(await ask()).toBe(201);
    }
    expect((await running.client.decide(REQUEST)).outcome).toBe('allow');
    expect((await fetch(`${running.url}/readyz`)).status).toBe(200);
  },
);

onLinux('tells that there are no file handles, without a stack, and is well again afterwards', async () => {
  const log = join(temporaryDir('log'), 'log');
  running = await startProcess({
    wrapper: ['sh', '-c', 'exec "$@" > "$LOG"', 'sh'],
    env: { COUNTERSIGN_THREADS: '1', LOG: log },
  });
  const [connected] = await open(1);
  if (connected === undefined) throw new Error('no connection');
  const pid = running.child.pid as number;
  const limit = (count: number) => execFileSync('prlimit', ['--pid', String(pid), `--nofile=${count}:`]);
  const ready = () => statusOf(connected, callText('/readyz'));
  expect(await ready()).toBe(200);
  limit(firstFreeHandle(pid));
  expect(await ready()).toBe(503);
  // Whoever is connected is served where nothing has to be opened for it, and told what is missing otherwise.
  const call = callText('/v1/decisions', { token: running.adminToken, body: JSON.stringify(REQUEST) });
  expect([201, 503]).toContain(await statusOf(connected, call));
  limit(10_000);
  expect(await ready()).toBe(200);
  expect(await statusOf(connected, call)).toBe(201);
  expect(readFileSync(log, 'utf8')).toContain('"route":"/readyz","status":503');
  expect(readFileSync(log, 'utf8')).not.toContain('stack');
});

/** A limit of so many handles lets no further one be opened. */
function firstFreeHandle(pid: number): number {
  const open = new Set(readdirSync(`/proc/${pid}/fd`));
  let handle = 0;
  while (open.has(String(handle))) handle++;
  return handle;
}

/** Sends a call and resolves to the status of its answer. */
function statusOf(socket: Socket, call: string): Promise<number> {
  return new Promise((resolve, reject) => {
    socket.once('data', (chunk) => resolve(Number(/^HTTP\/1\.1 (\d+)/.exec(chunk.toString())?.[1])));
    socket.once('close', () => reject(new Error('the connection was ended')));
    socket.write(call);
  });
}
