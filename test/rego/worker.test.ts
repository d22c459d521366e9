import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compileModule, type RegoBundle, type RegoWorker, readBundle, startWorker } from '../../src/rego/rego.ts';
import { LOOP, policyModule } from '../support/wasm.ts';
import { buildPlainBundle } from './build.ts';

const builtinsModule = new URL('./builtins.ts', import.meta.url);
const PLAIN = { user: 'ann', resource: 'db' };
/** The runtime compares as many characters as the product of both lengths. */
const SLOW = { text: 'a'.repeat(2_000_000), part: `${'a'.repeat(1_000_000)}b` };
const DEFINED = { status: 'defined', value: true };

let bundle: RegoBundle;
let worker: RegoWorker;

const start = (options: { timeoutMs: number; maxHeapBytes?: number; maxMemoryBytes?: number }) =>
  startWorker(bundle.wasm, { data: bundle.data, builtinsModule, ...options });

beforeAll(async () => {
  bundle = await readBundle(await buildPlainBundle());
  worker = await start({ timeoutMs: 60_000 });
}, 120_000);
afterAll(() => worker.close());

describe('a worker', () => {
  it('answers as the evaluator does, one call after the other', async () => {
    expect([...worker.entrypoints].sort()).toEqual([...bundle.entrypoints].sort());
    const amounts = Array.from({ length: 50 }, (_, index) => index * 100);
    const results = await Promise.all(amounts.map((amount) => worker.evaluate('authz/score', { amount })));
    expect(results).toEqual(
      amounts.map((amount) => ({ status: 'defined', value: amount > 1000 ? 90 : 10, builtinErrors: [] })),
    );
    const groups = await worker.evaluateExact('authz/groups', { groups: new Set(['b', 'a']) });
    expect(groups).toEqual({ status: 'defined', value: new Set(['a', 'b']), builtinErrors: [] });
    expect(await worker.evaluateExact('authz/now', {}, { now: 7n })).toMatchObject({ value: 7 });
    expect(await worker.evaluate('authz/undefined_without_input')).toMatchObject({ status: 'undefined' });
    expect(await worker.evaluate('authz/divided', { by: 0 })).toMatchObject({
      failure: { code: 'builtin_error', rule: 'data.authz.divided' },
    });
    expect(await worker.evaluate('authz/allow', () => 1)).toMatchObject({ failure: { code: 'input_invalid' } });
  });

  it('gives up an evaluation that takes too long, and goes on with the same data', async () => {
    const own = await start({ timeoutMs: 5000 });
    await own.replaceData({ owners: { db: ['bob'] } });
    await own.patchData({ op: 'add', path: '/owners/db/-', value: 'ann' });
    const slow = own.evaluate('authz/found', SLOW);
    const next = own.evaluate('authz/allow', PLAIN);
    expect(await slow).toMatchObject({ status: 'failed', failure: { code: 'timeout', entrypoint: 'authz/found' } });
    expect(await next).toMatchObject(DEFINED);
    expect(await own.evaluate('authz/allow', { ...PLAIN, user: 'bob' })).toMatchObject(DEFINED);
    await own.close();
  });

  it('tells memory from time, in WASM and in JavaScript', async () => {
    const own = await start({ timeoutMs: 60_000, maxHeapBytes: 24 * 2 ** 20 });
    expect(await own.evaluate('authz/copies', { size: 2000 })).toMatchObject({ failure: { code: 'out_of_memory' } });
    expect(await own.evaluate('authz/allow', PLAIN)).toMatchObject(DEFINED);
    await own.close();
    const small = await start({ timeoutMs: 60_000, maxMemoryBytes: 16 * 2 ** 20 });
    expect(await small.evaluate('authz/copies', { size: 1000 })).toMatchObject({ failure: { code: 'out_of_memory' } });
    await small.close();
  });

  it('goes on after its thread has ended by itself', async () => {
    const exiting = new URL('./exiting-builtins.ts', import.meta.url);
    const own = await startWorker(bundle.wasm, { data: bundle.data, timeoutMs: 60_000, builtinsModule: exiting });
    expect(await own.evaluate('authz/score', { amount: 1 })).toMatchObject({ failure: { code: 'crashed' } });
    expect(await own.evaluate('authz/allow', PLAIN)).toMatchObject(DEFINED);
    await own.close();
  });

  it('keeps its data where others cannot be taken', async () => {
    await expect(worker.replaceData([])).rejects.toMatchObject({ code: 'data_invalid' });
    await expect(worker.patchData({ op: 'remove', path: '/none' })).rejects.toMatchObject({ code: 'data_invalid' });
    expect(await worker.evaluate('authz/allow', PLAIN)).toMatchObject(DEFINED);
  });

  it('serves what was asked before it is closed, and nothing after', async () => {
    const own = await start({ timeoutMs: 60_000 });
    const asked = own.evaluate('authz/allow', PLAIN);
    const closed = own.close();
    await expect(own.evaluate('authz/allow', PLAIN)).rejects.toMatchObject({ code: 'worker_unavailable' });
    expect(await asked).toMatchObject(DEFINED);
    await closed;
  });

  it('is refused for a module that cannot be opened, or does not open in time', async () => {
    const wasm = policyModule({ builtins: LOOP });
    await expect(startWorker(wasm, { timeoutMs: 1000, startTimeoutMs: 1000 })).rejects.toMatchObject({
      code: 'worker_unavailable',
    });
    await expect(startWorker(bundle.wasm, { timeoutMs: 1000 })).rejects.toMatchObject({ code: 'builtin_missing' });
    await expect(startWorker(new Uint8Array(), { timeoutMs: 1000 })).rejects.toMatchObject({ code: 'module_invalid' });
  });
});

it('a compiled module can be posted to any thread', async () => {
  const entry = JSON.stringify(new URL('../../src/rego/rego.ts', import.meta.url).href);
  const code = `
    const { parentPort, workerData } = require('node:worker_threads');
    import(${entry}).then(async ({ openModule }) => {
      const policy = await openModule(workerData, { missingBuiltins: 'abort', data: { owners: { db: ['ann'] } } });
      parentPort.postMessage(policy.evaluate('authz/allow', ${JSON.stringify(PLAIN)}));
    });`;
  const thread = new Worker(code, { eval: true, workerData: await compileModule(bundle.wasm) });
  expect(await once(thread, 'message')).toMatchObject([DEFINED]);
  await thread.terminate();
});
