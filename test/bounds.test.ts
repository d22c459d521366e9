import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseJwks } from '../src/base/jwks.ts';
import { unpackMembers } from '../src/bundle/bundle.ts';
import { WASM_MEMBER } from '../src/bundle/manifest.ts';
import type { DecisionAnswer } from '../src/client/client.ts';
import type { DecisionRecord } from '../src/contract/record.ts';
import type { DecisionInput } from '../src/evaluation/judge.ts';
import { loadPolicy } from '../src/evaluation/loader.ts';
import { type Bounds, openEvaluationPool } from '../src/evaluation/pool.ts';
import { compileModule, openModule } from '../src/rego/rego.ts';
import { bundleFile, compileBundle, copyPolicies } from './support/bundles.ts';
import { openDatabase } from './support/database.ts';
import { startProcess } from './support/process.ts';
import { verifyRecords } from './support/records.ts';
import { startService, temporaryDir } from './support/service.ts';
import { LOOP, policyModule } from './support/wasm.ts';

const FIXTURE = 'test/fixtures/bounds';
const PLAIN = 'ask/plain';
/** Beside 256 KiB for an evaluation, none of which these records hold: what a deny takes, with its errors. */
const MAX_DENIAL_LENGTH = 64 * 1024;

let bundle: Uint8Array;
let file: string;
let service: Awaited<ReturnType<typeof startService>>;
let token: string;

beforeAll(async () => {
  bundle = await compileBundle(await copyPolicies(FIXTURE));
  file = await bundleFile(bundle);
  service = await startService({ COUNTERSIGN_BUNDLE: file, COUNTERSIGN_THREADS: '2' });
  token = service.token('portal', ['decide', 'read']);
});
afterAll(() => service.stop());

function requestOf(kind: string, { id = 'thing', subject = 'user', context = {} } = {}) {
  const [name = '', type = ''] = kind.split('/');
  return { subject: { type: 'user', id: subject }, action: { name }, resource: { type, id }, context };
}

interface Target {
  url: string;
  token: string;
}

async function ask(body: object, target: Target = { url: service.url, token }) {
  const headers = { authorization: `Bearer ${target.token}`, 'content-type': 'application/json' };
  const response = await fetch(`${target.url}/v1/decisions`, { method: 'POST', headers, body: JSON.stringify(body) });
  return { response, answer: (await response.json()) as DecisionAnswer & { code?: string } };
}

/** The record of an answer, verified with the published keys. */
function recordOf({ record }: DecisionAnswer): DecisionRecord {
  return verifyRecords([record], parseJwks(service.keyring.jwks)).decisions[0] as DecisionRecord;
}

/** A deny that is signed and says of itself which bound it is about. */
async function denied(body: object): Promise<{ code: string; why: string }> {
  const { response, answer } = await ask(body);
  expect(response.status).toBe(201);
  expect(answer).toMatchObject({ outcome: 'deny', tier: 'critical', expires_at: null });
  const record = recordOf(answer);
  const code = record.decision.denials[0]?.code ?? '';
  expect(record).toMatchObject({ evaluation: null, decision: { outcome: 'deny', denials: [{ code }] } });
  expect(answer.record.length).toBeLessThan(MAX_DENIAL_LENGTH);
  const why = record.builtin_errors.at(-1)?.message ?? '';
  expect(why).not.toBe('');
  return { code, why };
}

async function expectWell(): Promise<void> {
  expect((await ask(requestOf(PLAIN))).answer.outcome).toBe('allow');
}

/** Which of the two an evaluation exceeds first is a matter of the machine. */
const TIME_OR_MEMORY = ['evaluation_timeout', 'evaluation_memory'];

describe('an evaluation that takes too long', () => {
  it.each(['time/scan', 'memory/paths'])('is a signed deny that says so: %s', async (kind) => {
    const { code, why } = await denied(requestOf(kind));
    expect([code, why]).toEqual(['evaluation_timeout', 'an evaluation took longer than 250 ms']);
    await expectWell();
  });

  it('or is cubic, and takes memory at every step, ends by one bound or the other', async () => {
    expect(TIME_OR_MEMORY).toContain((await denied(requestOf('time/cubic'))).code);
    await expectWell();
  });
});

describe('an evaluation that wants too much memory', () => {
  it.each(['concat', 'array'])('in WASM is a signed deny that says so: %s', async (name) => {
    const { code, why } = await denied(requestOf(`memory/${name}`));
    expect(TIME_OR_MEMORY).toContain(code);
    if (code === 'evaluation_memory') expect(why).toContain('opa_malloc: failed');
    await expectWell();
  });

  it.each([
    'regex_replace',
    'regex_split',
    'regex_find',
    'json_marshal',
    'json_patch',
    'yaml_marshal',
    'range_step',
    'split_n',
    'hex',
    'base64',
    'urlquery',
  ])('in a builtin of ours is one too: %s', async (name) => {
    expect(TIME_OR_MEMORY).toContain((await denied(requestOf(`memory/${name}`))).code);
    await expectWell();
  });

  it.each([
    ['json_indent', 'Invalid string length'],
    ['sprintf', 'more than 10000000 characters'],
    ['replace', 'more than 33554432 characters'],
    ['cidr_expand', 'more than 65536 addresses'],
    ['yaml_aliases', 'excessive aliasing'],
  ])('is refused by the builtin where it can tell: %s', async (name, why) => {
    expect(await denied(requestOf(`memory/${name}`))).toEqual({
      code: 'builtin_error',
      why: expect.stringContaining(why),
    });
  });

  it('because builtins fail in a loop is told by the first errors only', async () => {
    expect([...TIME_OR_MEMORY, 'builtin_error']).toContain((await denied(requestOf('memory/errors'))).code);
  });

  it('ends its thread where it takes the heap of JavaScript, which says that it was memory', async () => {
    const pool = await openPool({ timeoutMs: 30_000, threads: 1 });
    const { decision, fault } = await pool.judge(inputOf('memory/regex_replace'));
    expect(decision).toMatchObject({ outcome: 'deny', denials: [{ code: 'evaluation_memory' }] });
    expect(fault).toMatch(/memory limit/);
    expect((await pool.judge(inputOf(PLAIN))).decision.outcome).toBe('allow');
    await pool.close();
  });
});

describe('a result', () => {
  it('of 10 MB is taken while the policy works with it, and not recorded', async () => {
    const { code, why } = await denied(requestOf('size/text'));
    expect([code === 'evaluation_timeout' || /result: \d+ bytes, more than 262144/.test(why), code]).toEqual([
      true,
      expect.stringMatching(/^evaluation_(invalid|timeout)$/),
    ]);
  });

  it('that is too large for a record is a deny that says how large', async () => {
    // It takes long to make, too: with more time, it is the size that is refused.
    const own = await startService({ COUNTERSIGN_BUNDLE: file, COUNTERSIGN_EVALUATION_TIMEOUT_MS: '20000' });
    const target = { url: own.url, token: own.token('portal', ['decide']) };
    const { answer } = await ask(requestOf('size/numbers'), target);
    expect(answer.denials).toEqual([{ code: 'evaluation_invalid' }]);
    const why = verifyRecords([answer.record], parseJwks(own.keyring.jwks)).decisions[0]?.builtin_errors.at(
      -1,
    )?.message;
    await own.stop();
    expect(why).toMatch(/^result: \d{6} bytes, more than 262144$/);
  });
});

describe('a pattern that takes other engines for ever', () => {
  it.each([
    'match',
    'find_n',
    'find_all',
    'replace',
    'split',
    'template',
    'globs',
    'glob',
    'schema',
    'schema_names',
    'quadratic',
  ])('is linear here: %s', async (name) => {
    const { answer } = await ask(requestOf(`regex/${name}`));
    expect([answer.outcome, answer.denials]).toEqual(['allow', []]);
  });

  it('within a format of JSON Schema, which are of JavaScript, is ended by the time limit', async () => {
    const { answer } = await ask(requestOf('regex/schema_format'));
    if (answer.outcome !== 'allow') expect(answer.denials).toEqual([{ code: 'evaluation_timeout' }]);
    await expectWell();
  });
});

describe('nesting', () => {
  const kinds = ['json', 'marshal', 'builtin', 'yaml', 'regex', 'walk'];
  it.each(kinds.flatMap((kind) => ['10', '1000', '10000', '100000'].map((depth) => [kind, depth] as const)))(
    'that a policy makes by %s, %s deep, is an answer',
    async (kind, depth) => {
      const { response, answer } = await ask(requestOf(`deep/${kind}`, { id: depth }));
      expect(response.status).toBe(201);
      const { decision } = recordOf(answer);
      if (depth === '10') expect(decision.outcome).toBe('allow');
      if (depth === '100000') expect(decision.outcome).toBe('deny');
      await expectWell();
    },
  );

  it('of a request is answered up to the limit, and refused beyond it', async () => {
    const nested = (depth: number): object => (depth === 0 ? {} : { inner: nested(depth - 1) });
    expect((await ask(requestOf('deep/input', { context: nested(28) }))).answer.outcome).toBe('allow');
    const { response, answer } = await ask(requestOf('deep/input', { context: nested(5000) }));
    expect([response.status, answer.code]).toEqual([400, 'malformed_json']);
  });
});

describe('rules that abort', () => {
  // Each abort left a part of the stack of the module in use, and after some 500 of them nothing could be evaluated.
  it.each([
    ['number/conflict', 3000],
    ['number/product', 50],
    ['memory/concat', 50],
  ])('again and again leave the evaluator as it was: %s, %i times', async (kind, times) => {
    const members = await unpackMembers(bundle);
    const [wasm, data] = [members.get(WASM_MEMBER), members.get('data.json')];
    if (!wasm || !data) throw new Error('no bundle');
    const rego = await openModule(wasm, { data, maxMemoryBytes: 80 * 2 ** 20 });
    const evaluate = (wanted: string) => {
      const request = requestOf(wanted);
      return rego.evaluate('approval/decision', { kind: wanted, request }, { now: 0n });
    };
    const [before, first] = [evaluate(PLAIN), evaluate(kind)];
    expect(first).toMatchObject({ status: 'failed', failure: { code: expect.not.stringMatching('builtin_error') } });
    for (let index = 0; index < times; index++) expect(evaluate(kind)).toEqual(first);
    expect(evaluate(PLAIN)).toEqual(before);
  });
});

describe('a thousand decisions in flight beside them', () => {
  it('are all answered, each for itself, and kept once', async () => {
    const own = await startService({ COUNTERSIGN_BUNDLE: file, COUNTERSIGN_THREADS: '2' });
    const target = { url: own.url, token: own.token('portal', ['decide']) };
    const evil = ['time/scan', 'memory/array', 'memory/sprintf', 'number/conflict', 'deep/json', 'size/numbers'];
    const wanted = Array.from({ length: 1000 }, (_, index) => ({
      kind: index % 50 === 7 ? (evil[Math.floor(index / 50) % evil.length] ?? PLAIN) : PLAIN,
      subject: `person-${index}`,
    }));
    const answers = await Promise.all(
      wanted.map(async ({ kind, subject }) => (await ask(requestOf(kind, { subject, id: '100000' }), target)).answer),
    );
    const keys = parseJwks(own.keyring.jwks);
    for (const [index, answer] of answers.entries()) {
      const { kind, subject } = wanted[index] ?? { kind: '', subject: '' };
      const record = verifyRecords([answer.record], keys).decisions[0] as DecisionRecord;
      expect([record.request.subject.id, record.kind, answer.outcome]).toEqual([
        subject,
        kind,
        kind === PLAIN ? 'allow' : 'deny',
      ]);
      expect((await own.store.record(answer.id))?.jws).toBe(answer.record);
    }
    expect(new Set(answers.map(({ id }) => id)).size).toBe(1000);
    expect(countRecords(own.config.dataDir)).toBe(1000);
    await own.stop();
  });
});

function countRecords(dataDir: string): number {
  const db = new DatabaseSync(join(dataDir, 'countersign.db'), { readOnly: true });
  try {
    return (db.prepare("SELECT count(*) AS n FROM records WHERE case_id <> 'installation'").get() as { n: number }).n;
  } finally {
    db.close();
  }
}

describe('overload', () => {
  it('is refused early with 503, a code and when to come back; what is taken is answered, what is refused not kept', async () => {
    const own = await startService({
      COUNTERSIGN_BUNDLE: file,
      COUNTERSIGN_THREADS: '1',
      COUNTERSIGN_MAX_WAITING: '10',
    });
    const target = { url: own.url, token: own.token('portal', ['decide']) };
    const slow = ask(requestOf('time/scan'), target);
    const results = await Promise.all(
      Array.from({ length: 200 }, (_, index) => ask(requestOf(PLAIN, { subject: `person-${index}` }), target)),
    );
    expect((await slow).answer.outcome).toBe('deny');
    const refused = results.filter(({ response }) => response.status !== 201);
    expect(refused.length).toBeGreaterThan(0);
    for (const { response, answer } of refused) {
      expect([response.status, answer.code, response.headers.get('content-type')]).toEqual([
        503,
        'overloaded',
        'application/problem+json',
      ]);
      expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
    }
    const taken = results.filter(({ response }) => response.status === 201);
    expect(taken.length).toBeGreaterThanOrEqual(10);
    expect(taken.every(({ answer }) => answer.outcome === 'allow')).toBe(true);
    expect(countRecords(own.config.dataDir)).toBe(taken.length + 1);
    expect((await ask(requestOf(PLAIN), target)).answer.outcome).toBe('allow');
    await own.stop();
  });
});

/** Ends deciding threads of a real process in the middle of their work, as a fault of Node or of the machine would. */
function saboteur(): string {
  const dir = temporaryDir('saboteur');
  const file = join(dir, 'saboteur.mjs');
  writeFileSync(
    file,
    `import { isMainThread, workerData } from 'node:worker_threads';
     import { writeFileSync } from 'node:fs';
     const isFirst = () => {
       try { writeFileSync(${JSON.stringify(join(dir, 'done'))}, '', { flag: 'wx' }); return true; } catch { return false; }
     };
     if (!isMainThread && workerData?.evaluationMemoryBytes) {
       const { encode } = TextEncoder.prototype;
       TextEncoder.prototype.encode = function (text) {
         if (text.includes('ends-evaluation') || (text.includes('ends-once') && isFirst())) process.exit(7);
         return encode.call(this, text);
       };
       const { from } = Buffer;
       Buffer.from = (value, ...more) => {
         if (typeof value === 'string' && value.includes('ends-signing')) process.exit(7);
         return from.call(Buffer, value, ...more);
       };
     }`,
  );
  return file;
}

describe('a thread that ends by itself', () => {
  it('is replaced and its work done by another; what ends every thread is denied, or fails', async () => {
    const env = {
      COUNTERSIGN_BUNDLE: file,
      COUNTERSIGN_THREADS: '2',
      COUNTERSIGN_EVALUATION_TIMEOUT_MS: '10000',
      NODE_OPTIONS: `--import=${saboteur()}`,
    };
    const running = await startProcess({ env });
    try {
      const decide = (subject: string) => running.client.decide(requestOf(PLAIN, { subject }));
      const subjects = ['ends-once', ...Array.from({ length: 40 }, (_, index) => `person-${index}`)];
      const answers = await Promise.all(subjects.map(decide));
      expect(answers.map(({ outcome }) => outcome)).toEqual(subjects.map(() => 'allow'));
      expect(await decide('ends-evaluation')).toMatchObject({
        outcome: 'deny',
        denials: [{ code: 'evaluation_failed' }],
      });
      await expect(decide('ends-signing')).rejects.toMatchObject({ status: 500, code: 'internal' });
      expect((await decide('somebody')).outcome).toBe('allow');
    } finally {
      await running.end('SIGTERM');
    }
  });
});

describe('a process that stood still', () => {
  it.runIf(process.platform !== 'win32')('denies nobody for that', async () => {
    const timeoutMs = 1500;
    const running = await startProcess({
      env: {
        COUNTERSIGN_BUNDLE: file,
        COUNTERSIGN_THREADS: '2',
        COUNTERSIGN_EVALUATION_TIMEOUT_MS: String(timeoutMs),
      },
    });
    const { client, child } = running;
    const outcomes = new Map<string, number>();
    let stopped = false;
    const side = async () => {
      while (!stopped) {
        const { outcome } = await client.decide(requestOf('size/unused_text')); // So long that it is met in the middle.
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
      }
    };
    const sides = Promise.all(Array.from({ length: 4 }, side));
    for (let times = 1; times <= 3; times++) {
      await until(() => (outcomes.get('allow') ?? 0) > times * 4);
      child.kill('SIGSTOP');
      const since = performance.now();
      await until(() => performance.now() - since > 1.2 * timeoutMs);
      child.kill('SIGCONT');
    }
    stopped = true;
    await sides;
    expect([...outcomes.keys()]).toEqual(['allow']);
    await running.end('SIGTERM');
  });
});

const until = async (condition: () => boolean) => {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 10));
};

const BOUNDS: Bounds = { threads: 2, timeoutMs: 250, memoryBytes: 64 * 2 ** 20, maxWaiting: 1000 };

async function openPool(bounds: Partial<Bounds> = {}) {
  return openEvaluationPool({
    source: await loadPolicy(bundle),
    bounds: { ...BOUNDS, ...bounds },
    onThreadEnd: () => {},
  });
}

function inputOf(kind: string): DecisionInput {
  return {
    now: '2026-11-22T12:00:00.000Z',
    request: requestOf(kind),
    caller: { client: 'portal', scopes: ['decide'], claims: {}, principal: null, person: null },
    approvals: [],
    history: '[]',
    occasion: { by: 'request' },
    opened: null,
    before: null,
  };
}

describe('closing', () => {
  it('lets what was taken finish, whatever becomes of the threads meanwhile', async () => {
    const pool = await openPool();
    const kinds = Array.from({ length: 60 }, (_, index) => (index % 20 === 3 ? 'time/scan' : PLAIN));
    const deciding = Promise.all(kinds.map((kind) => pool.judge(inputOf(kind))));
    await pool.close();
    const outcomes = (await deciding).map(({ decision }) => decision.outcome);
    expect(outcomes).toEqual(kinds.map((kind) => (kind === PLAIN ? 'allow' : 'deny')));
    await expect(pool.judge(inputOf(PLAIN))).rejects.toMatchObject({ code: 'overloaded' });
  });
});

describe('a history that cannot be read', () => {
  it('is told as a store that is not available, and nothing is decided', async () => {
    const own = await startService({ COUNTERSIGN_BUNDLE: file });
    const db = openDatabase(own.config.dataDir);
    db.exec('DROP INDEX cases_by_subject');
    db.close();
    const { response, answer } = await ask(requestOf(PLAIN), { url: own.url, token: own.token('portal', ['decide']) });
    expect([response.status, answer.code]).toEqual([503, 'store_unavailable']);
    await own.stop();
  });
});

describe('a module that never gets ready', () => {
  it('is given up by the threads', async () => {
    const source = { ...(await loadPolicy(bundle)), module: await compileModule(policyModule({ builtins: LOOP })) };
    const opening = openEvaluationPool({
      source,
      bounds: BOUNDS,
      onThreadEnd: () => {},
      startTimeoutMs: 1000,
    });
    await expect(opening).rejects.toMatchObject({ code: 'bundle_invalid' });
  });
});
