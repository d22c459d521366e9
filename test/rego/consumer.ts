import { deepStrictEqual, rejects, strictEqual, throws } from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import {
  compileModule,
  Decimal,
  openBundle,
  openModule,
  RegoError,
  type RegoResult,
  type RegoValue,
  readBundle,
  startWorker,
  toJsonText,
} from '../../src/rego/rego.ts';
import { builtins } from './builtins.ts';

// node consumer.ts BUNDLE: what a program does that uses the library. test/package.sh runs it on the packed package.

const bundle = await readBundle(await readFile(process.argv[2] ?? 'bundle.tar.gz'));
const policy = await openBundle(bundle, { builtins, maxMemoryBytes: 64 * 1024 ** 2 });

function defined<T extends RegoValue>(result: RegoResult<T>): T {
  if (result.status === 'defined') return result.value;
  throw new Error(result.status === 'failed' ? result.failure.message : 'undefined');
}

// Evaluate.
strictEqual(defined(policy.evaluate('authz/allow', { user: 'ann', resource: 'db' })), true);
strictEqual(policy.evaluate('authz/conflicting', {}).status, 'undefined');
deepStrictEqual(defined(policy.evaluateExact('authz/groups', { groups: ['b', 'a'] })), new Set(['a', 'b']));
strictEqual(
  toJsonText(defined(policy.evaluateExact('authz/maximum', { limit: new Decimal('1.50') }))),
  '9007199254740993',
);
strictEqual(defined(policy.evaluateExact('authz/now', {}, { now: new Date(1) })), 1_000_000);
strictEqual(defined(policy.evaluate('authz/score', { amount: 5000 })), 90);

// Errors.
const conflict = policy.evaluate('authz/conflicting', { one: true, two: true });
if (conflict.status !== 'failed') throw new Error('there is a conflict');
deepStrictEqual([conflict.failure.code, conflict.failure.location?.file], ['aborted', 'authz.rego']);
const failing = policy.evaluate('authz/parsed', { text: 'yesterday' });
if (failing.status !== 'failed') throw new Error('there is no such instant');
deepStrictEqual([failing.failure.code, failing.failure.rule], ['builtin_error', 'data.authz.instant']);
await rejects(openModule(bundle.wasm), (error) => error instanceof RegoError && error.code === 'builtin_missing');

// Bounds.
const large = policy.evaluate('authz/copies', { size: 10_000 });
strictEqual(large.status === 'failed' && large.failure.code, 'out_of_memory');
const worker = await startWorker(await compileModule(bundle.wasm), {
  data: bundle.data,
  timeoutMs: 5000,
  builtinsModule: new URL('./builtins.ts', import.meta.url),
});
const [slow, next] = await Promise.all([
  worker.evaluate('authz/found', { text: 'a'.repeat(2_000_000), part: `${'a'.repeat(1_000_000)}b` }),
  worker.evaluateExact('authz/groups', { groups: new Set(['a']) }),
]);
strictEqual(slow.status === 'failed' && slow.failure.code, 'timeout');
deepStrictEqual(defined(next), new Set(['a']));
await worker.close();

// Data.
policy.replaceData({ owners: { db: ['bob'] } });
policy.patchData({ op: 'add', path: '/owners/db/-', value: 'eve' });
deepStrictEqual(policy.data(), { owners: { db: ['bob', 'eve'] } });
strictEqual(defined(policy.evaluate('authz/allow', { user: 'eve', resource: 'db' })), true);
throws(() => policy.replaceData([]), { name: 'RegoError', code: 'data_invalid' });

process.stdout.write('rego: opened, evaluated, bounded, failed and patched\n');
