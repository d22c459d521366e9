import { beforeAll, describe, expect, it } from 'vitest';
import {
  type CompiledModule,
  compileModule,
  Decimal,
  formatRego,
  openBundle,
  openModule,
  type RegoBundle,
  type RegoEvaluator,
  type RegoResult,
  readBundle,
} from '../../src/rego/rego.ts';
import { buildPlainBundle } from './build.ts';
import { builtins } from './builtins.ts';

const MIB = 2 ** 20;

let bundle: RegoBundle;
let module: CompiledModule;
let policy: RegoEvaluator;

beforeAll(async () => {
  bundle = await readBundle(await buildPlainBundle());
  module = await compileModule(bundle.wasm);
  policy = await openBundle(bundle, { builtins });
}, 120_000);

const answerOf = (result: RegoResult) => (result.status === 'defined' ? result.value : result);
const failureOf = (result: RegoResult) => (result.status === 'failed' ? result.failure : result);

describe('an evaluation', () => {
  it('gives a value, or undefined', () => {
    expect(policy.evaluate('authz/allow', { user: 'ann', resource: 'db' })).toEqual({
      status: 'defined',
      value: true,
      builtinErrors: [],
    });
    expect(policy.evaluate('authz/conflicting', {})).toEqual({ status: 'undefined', builtinErrors: [] });
  });

  it.each([[null], [false], [0], [''], [[]], [{}]])('takes %j for an input like any other', (input) => {
    expect(answerOf(policy.evaluate('authz/undefined_without_input', input))).toEqual(input);
  });

  it('without input is one in which input is undefined', () => {
    expect(policy.evaluate('authz/undefined_without_input')).toEqual({ status: 'undefined', builtinErrors: [] });
  });

  it('takes JSON text for the input, and values with all that Rego has', () => {
    const text = new TextEncoder().encode('{"groups":["b","a","b"]}');
    expect(answerOf(policy.evaluate('authz/groups', text))).toEqual(['a', 'b']);
    expect(
      answerOf(policy.evaluate('authz/groups', { groups: new Set(['b', 'a']), at: new Date(0), no: undefined })),
    ).toEqual(['a', 'b']);
    const exact = policy.evaluateExact('authz/undefined_without_input', [9007199254740993n, new Decimal('1.50')]);
    expect(exact.status === 'defined' && formatRego(exact.value)).toBe('[9007199254740993,1.50]');
  });

  it('gives exact values on demand', () => {
    const groups = policy.evaluateExact('authz/groups', { groups: ['b', 'a'] });
    expect(groups.status === 'defined' && groups.value).toEqual(new Set(['a', 'b']));
    const maximum = policy.evaluateExact('authz/maximum', { limit: 1 });
    expect(maximum.status === 'defined' && maximum.value).toBe(9007199254740993n);
    expect(answerOf(policy.evaluate('authz/maximum', { limit: 1 }))).toBe(9007199254740992);
  });

  it('takes the time that it is given', () => {
    const now = new Date('2026-11-22T12:00:00.123Z');
    expect(answerOf(policy.evaluate('authz/now', {}, { now }))).toBe(now.getTime() * 1e6);
    const exact = policy.evaluateExact('authz/now', {}, { now: 1_795_348_800_123_456_789n });
    expect(exact.status === 'defined' && exact.value).toBe(1_795_348_800_123_456_789n);
  });
});

describe('a failure', () => {
  it('of Rego has the file, the line and the rule', () => {
    expect(failureOf(policy.evaluate('authz/conflicting', { one: true, two: true }))).toEqual({
      code: 'aborted',
      message: 'authz.rego:30:1: var assignment conflict',
      entrypoint: 'authz/conflicting',
      rule: 'data.authz.conflicting',
      location: { file: 'authz.rego', row: 30, column: 1 },
      builtinErrors: [],
    });
  });

  it.each([
    ['of the host', 'authz/parsed', { text: 'yesterday' }, 'time.parse_rfc3339_ns', 'data.authz.instant'],
    ['of the module', 'authz/divided', { by: 0 }, 'div', 'data.authz.divided'],
    ['under not', 'authz/unparsed', { text: 'yesterday' }, 'time.parse_rfc3339_ns', 'data.authz.instant'],
    ['of the caller', 'authz/score', { amount: 'much' }, 'acme.score', 'data.authz.score'],
  ])('of a builtin %s has its name and the rule', (_, entrypoint, input, builtin, rule) => {
    const failure = failureOf(policy.evaluate(entrypoint, input));
    expect(failure).toMatchObject({ code: 'builtin_error', entrypoint, rule, location: null });
    expect(failure).toMatchObject({ builtinErrors: [{ builtin, rule, message: expect.any(String) }] });
    expect(failure).toMatchObject({ message: expect.stringContaining(`${builtin}: `) });
  });

  it('of a builtin is undefined on demand, as in plain OPA', async () => {
    const lenient = await openBundle(bundle, { builtins, builtinErrors: 'undefined' });
    const builtinErrors = [expect.objectContaining({ builtin: 'time.parse_rfc3339_ns', rule: 'data.authz.instant' })];
    const input = { text: 'yesterday' };
    expect(lenient.evaluate('authz/unparsed', input)).toEqual({ status: 'defined', value: true, builtinErrors });
    expect(lenient.evaluate('authz/parsed', input)).toEqual({ status: 'undefined', builtinErrors });
  });

  it.each([
    ['text that is not JSON', new TextEncoder().encode('{"a"')],
    ['a function', { f: () => 1 }],
    ['a number that is not finite', { n: Number.NaN }],
  ])('is that of an input that is %s', (_, input) => {
    expect(failureOf(policy.evaluate('authz/allow', input))).toMatchObject({ code: 'input_invalid' });
  });

  it('is that of an input that contains itself', () => {
    const input: Record<string, unknown> = {};
    input['self'] = input;
    expect(failureOf(policy.evaluate('authz/allow', input))).toMatchObject({ code: 'input_invalid' });
  });

  it('is that of a time that is not a date', () => {
    const now = new Date('yesterday');
    expect(failureOf(policy.evaluate('authz/now', {}, { now }))).toMatchObject({ code: 'input_invalid' });
  });

  it('is that of an entrypoint that the module does not have', () => {
    expect(failureOf(policy.evaluate('authz/other'))).toMatchObject({ code: 'entrypoint_unknown' });
    expect(failureOf(policy.evaluate('__proto__'))).toMatchObject({ code: 'entrypoint_unknown' });
  });

  it('of memory leaves the policy usable', async () => {
    const small = await openBundle(bundle, { builtins, maxMemoryBytes: 16 * MIB });
    expect(failureOf(small.evaluate('authz/copies', { size: 1000 }))).toMatchObject({ code: 'out_of_memory' });
    expect(small.memoryBytes()).toBeLessThanOrEqual(16 * MIB);
    expect(answerOf(small.evaluate('authz/allow', { user: 'ann', resource: 'db' }))).toBe(true);
  });
});

describe('the data', () => {
  const allowed = (evaluator: RegoEvaluator, user: string) =>
    answerOf(evaluator.evaluate('authz/allow', { user, resource: 'db' }));

  it('can be read, exact', () => {
    expect(policy.data()).toEqual({ limit: 9007199254740993n, owners: { db: ['ann'] } });
  });

  it('can be replaced a thousand times in the same memory', async () => {
    const own = await openModule(module, { builtins, data: { owners: {} } });
    const owners = Object.fromEntries(Array.from({ length: 2000 }, (_, index) => [`r${index}`, [`user-${index}`]]));
    const replace = (user: string) => own.replaceData({ owners: { ...owners, db: [user] } });
    for (const user of ['first', 'second', 'third']) replace(user);
    expect(allowed(own, 'third')).toBe(true);
    const before = own.memoryBytes();
    for (let index = 0; index < 1000; index++) {
      replace(`u${index}`);
      if (index % 100 === 0) expect([allowed(own, `u${index}`), allowed(own, `u${index - 1}`)]).toEqual([true, false]);
    }
    expect(own.memoryBytes()).toBe(before);
  });

  it('can be patched, and keep the digits of their numbers, also a thousand times', async () => {
    const own = await openBundle(bundle, { builtins });
    own.patchData({ op: 'add', path: '/owners/db/-', value: 'bob' });
    expect([allowed(own, 'ann'), allowed(own, 'bob')]).toEqual([true, true]);
    own.patchData(
      { op: 'replace', path: ['owners', 'db', 0], value: 'eve' },
      { op: 'remove', path: '/owners/db/1' },
      { op: 'add', path: '/teams', value: { red: 12345678901234567890n } },
    );
    expect(own.data()).toEqual({
      limit: 9007199254740993n,
      owners: { db: ['eve'] },
      teams: { red: 12345678901234567890n },
    });
    const before = own.memoryBytes();
    for (let index = 0; index < 1000; index++)
      own.patchData({ op: 'replace', path: '/owners/db/0', value: `u${index}` });
    expect(allowed(own, 'u999')).toBe(true);
    expect(own.memoryBytes()).toBe(before);
  });

  it('are kept where others, or a patch, cannot be taken', async () => {
    const own = await openBundle(bundle, { builtins, maxMemoryBytes: 16 * MIB });
    const huge = { list: Array.from({ length: 300_000 }, (_, index) => `item ${index}`) };
    const refusals: [() => void, string][] = [
      [() => own.replaceData(new TextEncoder().encode('{"owners": ')), 'data_invalid'],
      [() => own.replaceData([]), 'data_invalid'],
      [() => own.replaceData(() => 1), 'data_invalid'],
      [() => own.replaceData(huge), 'out_of_memory'],
      [() => own.patchData({ op: 'remove', path: '/owners/none' }), 'data_invalid'],
      [() => own.patchData({ op: 'replace', path: '', value: 1 }), 'data_invalid'],
      [() => own.patchData({ op: 'remove', path: '/owners/db' }, { op: 'remove', path: '/none' }), 'data_invalid'],
      [() => own.patchData({ op: 'add', path: '/list', value: huge.list }), 'out_of_memory'],
    ];
    for (const [refused, code] of refusals) {
      expect(refused).toThrow(expect.objectContaining({ name: 'RegoError', code }));
      expect(allowed(own, 'ann')).toBe(true);
    }
    own.replaceData({ owners: { db: ['zoe'] } });
    expect(allowed(own, 'zoe')).toBe(true);
  });
});

describe('data that do not fit', () => {
  it('can be refused any number of times', async () => {
    const own = await openModule(module, { builtins, data: { owners: { db: ['ann'] } }, maxMemoryBytes: 3 * MIB });
    const list = `${'['.repeat(100)}${'[[[1]]],'.repeat(30_000)}0${']'.repeat(100)}`;
    const large = new TextEncoder().encode(`{"list": ${list}}`);
    for (let times = 0; times < 100; times++) {
      expect(() => own.replaceData(large)).toThrow(expect.objectContaining({ code: 'out_of_memory' }));
    }
    expect(answerOf(own.evaluate('authz/allow', { user: 'ann', resource: 'db' }))).toBe(true);
  });
});

describe('a module', () => {
  it('tells its entrypoints and the builtins that it needs', () => {
    expect([...policy.entrypoints].sort()).toEqual([...bundle.entrypoints].sort());
    expect(policy.requiredBuiltins).toEqual(expect.arrayContaining(['acme.score', 'time.now_ns']));
  });

  it('that calls a builtin which nobody provides is refused, or aborts on demand', async () => {
    await expect(openModule(module)).rejects.toMatchObject({ code: 'builtin_missing', message: /acme\.score/ });
    const lenient = await openModule(module, { missingBuiltins: 'abort' });
    expect(failureOf(lenient.evaluate('authz/score', { amount: 1 }))).toMatchObject({ code: 'aborted' });
    expect(answerOf(lenient.evaluate('authz/groups', { groups: ['a'] }))).toEqual(['a']);
  });

  it('calls builtins of the caller, also in the place of those that are shipped', async () => {
    expect(answerOf(policy.evaluate('authz/score', { amount: 5000 }))).toBe(90);
    const own = await openModule(module, { builtins: { ...builtins, 'time.parse_rfc3339_ns': () => 42 } });
    expect(answerOf(own.evaluate('authz/parsed', { text: 'yesterday' }))).toBe(42);
    await expect(openModule(module, { builtins: { ...builtins, plus: () => 1 } })).rejects.toMatchObject({
      code: 'builtin_reserved',
    });
  });

  it.each<[string, unknown]>([
    ['a promise', Promise.resolve(1)],
    ['a function', () => 1],
    ['no number', Number.NaN],
  ])('takes no result of a builtin of the caller that is %s', async (_, result) => {
    const own = await openModule(module, { builtins: { 'acme.score': () => result as number } });
    expect(failureOf(own.evaluate('authz/score', { amount: 1 }))).toMatchObject({
      code: 'builtin_error',
      message: expect.stringContaining('is not a value of Rego'),
    });
  });

  it('cannot be evaluated or changed by its own builtins', async () => {
    const inner: unknown[] = [];
    const own: RegoEvaluator = await openModule(module, {
      data: { owners: { db: ['ann'] } },
      builtins: {
        'acme.score': () => {
          inner.push(failureOf(own.evaluate('authz/groups', { groups: ['a'] })));
          own.replaceData({});
          return 1;
        },
      },
    });
    expect(failureOf(own.evaluate('authz/score', { amount: 1 }))).toMatchObject({
      code: 'builtin_error',
      message: expect.stringContaining('the policy is being evaluated'),
    });
    expect(inner).toMatchObject([{ code: 'aborted', message: 'the policy is being evaluated' }]);
    expect(answerOf(own.evaluate('authz/allow', { user: 'ann', resource: 'db' }))).toBe(true);
  });

  it.each([0, 1_000_000, Number.NaN])('does not open in %d bytes', async (maxMemoryBytes) => {
    await expect(openModule(module, { builtins, maxMemoryBytes })).rejects.toMatchObject({ code: 'out_of_memory' });
  });

  it('opens in as much memory as there can be, and more', async () => {
    await openModule(module, { builtins, maxMemoryBytes: Number.MAX_SAFE_INTEGER });
  });

  it('is opened as often as wanted, each with its own data', async () => {
    const policies = await Promise.all(
      ['a', 'b', 'c'].map((user) => openModule(module, { builtins, data: { owners: { db: [user] } } })),
    );
    const answers = policies.map((each) => answerOf(each.evaluate('authz/allow', { user: 'b', resource: 'db' })));
    expect(answers).toEqual([false, true, false]);
  });

  it.each([
    ['no module', new TextEncoder().encode('hello')],
    ['empty', new Uint8Array()],
    ['a module of somebody else', Uint8Array.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0])],
  ])('is refused where it is %s', async (_, wasm) => {
    await expect(openModule(wasm)).rejects.toMatchObject({ name: 'RegoError', code: 'module_invalid' });
  });
});
