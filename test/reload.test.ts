import { readFileSync, writeFileSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { sha256 } from '../src/base/canonical-json.ts';
import { AppError } from '../src/base/errors.ts';
import { BUNDLE_FILE } from '../src/base/installation.ts';
import { parseJwks } from '../src/base/jwks.ts';
import { MAX_BUNDLE_BYTES, packMembers, readBundle, unpackMembers } from '../src/bundle/bundle.ts';
import { DATA_MEMBER, MANIFEST_MEMBER, type Members, WASM_MEMBER } from '../src/bundle/manifest.ts';
import { checkStore, discardUpload } from '../src/cli/store-tools.ts';
import { createClient, type DecisionAnswer } from '../src/client/client.ts';
import type { DecisionRecord } from '../src/contract/record.ts';
import { withFacts } from '../src/domain/approval/approval.ts';
import { policyInputText } from '../src/domain/record.ts';
import { openPolicy, type Policy, preparePolicy } from '../src/evaluation/policy.ts';
import { readRowSecret } from '../src/evidence/keys.ts';
import { findUploadIn } from '../src/store/sqlite/bundle-rows.ts';
import { bundleFile, bundleWith, compileBundle, copyPolicies, redescribed } from './support/bundles.ts';
import { type RunningProcess, startProcess } from './support/process.ts';
import { verifyRecords } from './support/records.ts';
import { exampleRequest, startService } from './support/service.ts';

const SANDBOX_KEY = exampleRequest('issue-api-key/allow-sandbox-key');
const PRODUCTION_KEY = exampleRequest('issue-api-key/approval-restricted-key');
const GZIP = 'application/gzip';

interface Known {
  bytes: Uint8Array;
  policy: Policy;
}
/** The shipped policies, and others that decide nearly the same: module, data and persons are not those of `first`. */
let first: Known;
let second: Known;
let members: Members;

beforeAll(async () => {
  first = await know(readFileSync(BUNDLE_FILE));
  second = await know(await compileBundle(await otherPolicies()));
  members = await unpackMembers(first.bytes);
});

async function know(bytes: Uint8Array): Promise<Known> {
  return { bytes, policy: await openPolicy(await preparePolicy(await readBundle(bytes))) };
}

async function otherPolicies(): Promise<string> {
  const source = (path: string) => readFileSync(new URL(`../policies/${path}`, import.meta.url), 'utf8');
  const config = JSON.parse(source('config/data.json'));
  config.kinds['issue/api_key'].weights.environment.sandbox = 3;
  const { iduarte: _, ...identities } = JSON.parse(source('identities/data.json'));
  return copyPolicies('policies', {
    'config/data.json': JSON.stringify(config),
    'identities/data.json': JSON.stringify(identities),
    'approval/decision.rego': source('approval/decision.rego').replace('"score": 0', '"score": 1'),
  });
}

let running: RunningProcess[] = [];
afterEach(() => {
  for (const { child } of running) child.kill('SIGKILL');
  running = [];
});
async function start(env: Record<string, string>): Promise<RunningProcess> {
  const service = await startProcess({ env });
  running.push(service);
  return service;
}

interface Target {
  url: string;
  adminToken: string;
}

function put({ url, adminToken }: Target, body: Uint8Array, type = GZIP): Promise<Response> {
  const headers = { authorization: `Bearer ${adminToken}`, 'content-type': type };
  return fetch(`${url}/v1/policies/active`, { method: 'PUT', headers, body: Buffer.from(body) });
}

async function policies({ url, adminToken }: Target) {
  const response = await fetch(`${url}/v1/policies`, { headers: { authorization: `Bearer ${adminToken}` } });
  return (await response.json()) as {
    active: {
      digest: string;
      source: string;
      since: string;
      uploaded_by: { client: string } | null;
      remarks: string[];
    };
    last_error: { at: string; detail: string } | null;
  };
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 20));
}

const becomesActive = (target: Target, { policy }: Known) =>
  until(async () => (await policies(target)).active.digest === policy.ref.digest);

/** Decides, and opens cases and approves them, from several sides until it is told to stop. */
async function load(service: RunningProcess) {
  const { token } = await service.client.createToken({ client: 'itsm', scopes: ['decide', 'read', 'approve:assert'] });
  const client = createClient({ url: service.url, token, tries: 1 });
  const answers: DecisionAnswer[] = [];
  let stopped = false;
  const repeat = async (act: () => Promise<void>) => {
    while (!stopped) await act();
  };
  const decide = async () => void answers.push(await client.decide(SANDBOX_KEY));
  const approve = async () => {
    const opened = await client.decide(PRODUCTION_KEY);
    answers.push(opened);
    for (const approver of ['iduarte', 'amara.okafor']) {
      const verdict = { approver, verdict: 'approve', seen: opened.id } as const;
      answers.push(await client.approve(opened.case, verdict));
    }
  };
  const sides = Promise.all([...Array.from({ length: 6 }, () => repeat(decide)), repeat(approve), repeat(approve)]);
  return {
    answers,
    async stop() {
      stopped = true;
      await sides; // Rejects where a single call was not answered as it should be.
      return answers;
    },
  };
}

/** That a record was made by one policy as a whole: its names, its persons, and what it answers. */
function expectOnePolicy(record: DecisionRecord, policy: Policy): void {
  expect(record.policy).toEqual(policy.ref);
  expect(record.approvals.map((approval) => withFacts(approval, policy.directory))).toEqual(record.approvals);
  expect(policy.evaluate(policyInputText(record), record.evaluated_at).evaluation).toEqual(record.evaluation);
}

describe('an activation after the end', () => {
  it('is refused, so that no thread outlives the service', async () => {
    const ended = await startService();
    await ended.stop();
    await expect(ended.activation.reload()).rejects.toMatchObject({ code: 'overloaded' });
  });
});

describe('swapping under load', () => {
  it('loses and mixes nothing, whichever way the bundle comes', async () => {
    const file = await bundleFile(first.bytes);
    const service = await start({ COUNTERSIGN_BUNDLE: file });
    const loading = await load(service);
    /** Lets the active policy decide for a while. */
    const more = async () => {
      const enough = loading.answers.length + 60;
      await until(async () => loading.answers.length >= enough);
    };
    await more();
    for (const next of [second, first, second]) {
      expect((await put(service, next.bytes)).status).toBe(200);
      expect((await policies(service)).active).toMatchObject({ digest: next.policy.ref.digest, source: 'upload' });
      await more();
    }
    await replaceFile(file, second.bytes); // The same policy, from now on by configuration.
    await until(async () => (await policies(service)).active.source === file);
    await more();
    await replaceFile(file, first.bytes);
    await becomesActive(service, first);
    await more();
    expect((await put(service, second.bytes)).status).toBe(200);
    await more();
    service.child.kill('SIGHUP');
    await becomesActive(service, first);
    await more();
    const answers = await loading.stop();

    const keys = parseJwks(await (await fetch(`${service.url}/.well-known/jwks.json`)).json());
    const [a, b] = [first.policy, second.policy];
    const decidedBy = new Set<string>();
    for (const answer of answers) {
      const record = verifyRecords([answer.record], keys).decisions[0] as DecisionRecord;
      expectOnePolicy(record, record.policy.digest === a.ref.digest ? a : b);
      decidedBy.add(record.policy.digest);
      expect((await service.client.getDecision(answer.id)).record).toBe(answer.record);
    }
    expect(decidedBy).toEqual(new Set([a.ref.digest, b.ref.digest]));
    expect(new Set(answers.map(({ id }) => id)).size).toBe(answers.length);
    expect(await service.end('SIGTERM')).toEqual({ code: 0, signal: null });
  });
});

/** As deployments do: written beside it, then renamed. */
async function replaceFile(file: string, bytes: Uint8Array): Promise<void> {
  await writeFile(`${file}.new`, bytes);
  await rename(`${file}.new`, file);
}

/** The real service in this process, with what the helpers above want of one. */
async function startHere(env: Record<string, string> = {}) {
  const service = await startService(env);
  return { ...service, adminToken: service.token('release', ['admin', 'decide', 'read']) };
}
type Here = Awaited<ReturnType<typeof startHere>>;

/** The shipped bundle with another member, whose digest the manifest has. */
function replaced(path: string, change: (content: Buffer) => Uint8Array): Promise<Uint8Array> {
  return packMembers(redescribed(changed(path, change)));
}

function changed(path: string, change: (content: Buffer) => Uint8Array): Members {
  const content = Buffer.from(members.get(path) ?? new Uint8Array());
  return new Map(members).set(path, change(content));
}

const withMetadata = (change: (metadata: { entrypoints: string[] }) => void) =>
  replaced(MANIFEST_MEMBER, (content) => {
    const manifest = JSON.parse(content.toString());
    change(manifest.metadata);
    return Buffer.from(JSON.stringify(manifest));
  });

/** The fixture of the bounds with other rules for all kinds that nobody knows. */
async function withRule(rule: string): Promise<Uint8Array> {
  const source = readFileSync(new URL('fixtures/bounds/approval/decision.rego', import.meta.url), 'utf8');
  const changes = { 'approval/decision.rego': `${source}\n${rule}\n` };
  return compileBundle(await copyPolicies('test/fixtures/bounds', changes));
}

/** Bundles that must not decide, and what the refusal says. */
const BAD: readonly (readonly [name: string, make: () => Promise<Uint8Array>, why: RegExp])[] = [
  ['garbage', async () => Buffer.from('not a bundle'), /not a gzipped tar/],
  ['nothing', async () => new Uint8Array(), /not a gzipped tar/],
  ['a part of a bundle', async () => first.bytes.subarray(0, first.bytes.length / 2), /not a gzipped tar/],
  ['a decompression bomb', async () => gzipSync(Buffer.alloc(160 * 2 ** 20)), /not a gzipped tar/],
  [
    'data that take gigabytes to parse',
    () => packed(redescribed(changed(DATA_MEMBER, () => Buffer.from(`[${'{},'.repeat(6_000_000)}0]`)))),
    /data\.json holds more than 5000000 values/,
  ],
  [
    'a module in which a bit is another one',
    () => packMembers(changed(WASM_MEMBER, (wasm) => flipBit(wasm, wasm.length * 4))),
    /policy\.wasm does not match its digest in the manifest/,
  ],
  ['a broken module', () => replaced(WASM_MEMBER, (wasm) => wasm.fill(0xff, 5000, 5100)), /no policy that can be/],
  [
    'a person with a key by which anybody can sign',
    () =>
      bundleWith(({ organisation: { people } }) => {
        const x = Buffer.from(`01${'00'.repeat(31)}`, 'hex').toString('base64url');
        Object.assign(people['amara.okafor'] ?? {}, { keys: [{ kty: 'OKP', crv: 'Ed25519', x }] });
      }),
    /people\/amara\.okafor\/keys\/0 .*is a point of small order/,
  ],
  ['no module', () => replaced(WASM_MEMBER, () => new Uint8Array()), /no policy that can be evaluated/],
  ['damaged data', () => replaced(DATA_MEMBER, (data) => data.subarray(1)), /data\.json is not JSON/],
  ['another entrypoint', () => withMetadata((m) => m.entrypoints.splice(0, 1, 'a/b')), /no entrypoint approval/],
  [
    'a module without the entrypoint of its manifest',
    async () => {
      const other = new Map(await unpackMembers(await otherEntrypoint()));
      return packMembers(redescribed(other.set(MANIFEST_MEMBER, members.get(MANIFEST_MEMBER) ?? new Uint8Array())));
    },
    /manifest names the entrypoints approval\/decision, but the module has approval\/allowed/,
  ],
  [
    'a policy that allows all',
    () => withRule('decision := allowed if input.kind == "smoke_test/smoke_test"'),
    /allowed/,
  ],
  [
    'a kind without a package',
    () => replaced(DATA_MEMBER, () => Buffer.from('{"config":{"kinds":{"launch/rocket":{}}}}')),
    /no package decides the kind launch\/rocket/,
  ],
  [
    'a policy that never ends',
    () => withRule(`decision := allowed if {\n\tinput.kind == "smoke_test/smoke_test"\n\t${ENDLESS}\n}`),
    /smoke test: .* longer than 250 ms/,
  ],
];

function flipBit(bytes: Buffer, bit: number): Buffer {
  const at = bit >> 3;
  bytes[at] = (bytes[at] ?? 0) ^ (1 << (bit & 7));
  return bytes;
}

const ENDLESS = 'not contains(million, sprintf("%s1", [substring(million, 0, 500000)]))';

async function otherEntrypoint(): Promise<Uint8Array> {
  const rego = 'package approval\n\nallowed := true\n';
  return compileBundle(
    await copyPolicies('test/fixtures/bounds', { 'approval/decision.rego': rego }),
    'approval/allowed',
  );
}

/** As packMembers, but fast: these are large. */
async function packed(content: Members): Promise<Uint8Array> {
  const archive = pack();
  for (const [name, bytes] of content) archive.entry({ name }, Buffer.from(bytes));
  archive.finalize();
  return gzipSync(await buffer(archive), { level: 1 });
}

describe('a bundle that is no good', () => {
  let service: Here;
  beforeAll(async () => {
    service = await startHere();
  });
  afterAll(() => service.stop());

  it.each(BAD)('is refused, the active one stays, and the reason can be read: %s', async (_name, make, why) => {
    const before = (await policies(service)).active;
    const response = await put(service, await make());
    const problem = (await response.json()) as { code: string; detail: string };
    expect([response.status, problem.code]).toEqual([422, 'bundle_refused']);
    expect(problem.detail).toMatch(why);
    expect(problem.detail.length).toBeLessThan(1000);
    const { active, last_error } = await policies(service);
    expect(active).toEqual(before);
    expect(last_error?.detail).toBe(problem.detail);
    const ready = await fetch(`${service.url}/readyz`);
    expect([ready.status, await ready.json()]).toEqual([
      200,
      { status: 'ok', policy_error: 'bundle_invalid', example_organisation: true },
    ]);
    const { outcome } = await createClient({ url: service.url, token: service.adminToken }).decide(SANDBOX_KEY);
    expect(outcome).toBe('allow');
  });

  it('is forgotten when a good one comes', async () => {
    expect((await put(service, first.bytes)).status).toBe(200);
    expect((await policies(service)).last_error).toBeNull();
    expect(await (await fetch(`${service.url}/readyz`)).json()).toEqual({ status: 'ok', example_organisation: true });
  });

  it('but says that another opa compiled it is taken, and marked', async () => {
    const other = await withMetadata((metadata) => Object.assign(metadata, { opa: '1.0.1' }));
    expect((await policies(service)).active.remarks).toEqual([]);
    expect((await put(service, other)).status).toBe(200);
    expect((await policies(service)).active.remarks).toEqual([
      expect.stringMatching(/^The bundle was compiled by opa 1\.0\.1; this version uses 1\.\d+\.\d+\.$/),
    ]);
    expect((await put(service, first.bytes)).status).toBe(200);
    expect((await policies(service)).active.remarks).toEqual([]);
  });

  it('or is sent by somebody without the scope, or as something else, or too large, is not even tried', async () => {
    const token = service.token('portal', ['decide', 'read', 'review', 'revoke', 'approve:assert']);
    const stranger = { url: service.url, adminToken: token };
    expect((await put(stranger, second.bytes)).status).toBe(403);
    expect((await put({ ...stranger, adminToken: 'x' }, second.bytes)).status).toBe(401);
    expect((await put(service, second.bytes, 'application/json')).status).toBe(415);
    expect((await put(service, new Uint8Array(MAX_BUNDLE_BYTES + 1))).status).toBe(413);
    expect((await policies(service)).active.digest).toBe(first.policy.ref.digest);
    expect((await policies(service)).last_error).toBeNull();
  });

  it.each(['unauthenticated', 'store_unavailable'] as const)(
    'is not what last_error tells of where a good one is not activated: %s',
    async (code) => {
      expect((await put(service, Buffer.from('not a bundle'))).status).toBe(422);
      const before = await policies(service);
      const failure = new AppError(code, 'not now');
      const upload = service.activation.upload(second.bytes, { client: 'release', principal: null }, async () => {
        throw failure;
      });
      await expect(upload).rejects.toBe(failure);
      expect(before.last_error?.detail).toMatch(/not a gzipped tar/);
      expect(await policies(service)).toEqual(before);
    },
  );

  it('in the configured file is refused at the start, with the reason', async () => {
    const file = await bundleFile(Buffer.from('not a bundle'));
    await expect(startService({ COUNTERSIGN_BUNDLE: file })).rejects.toMatchObject({
      code: 'bundle_invalid',
      message: expect.stringContaining('not a gzipped tar'),
    });
  });
});

describe('several bundles at once', () => {
  it('are taken one after the other, and the last one that was taken is active and kept', async () => {
    const service = await startHere();
    const sent = [second, first, second, first, second, first];
    const responses = await Promise.all(sent.map(({ bytes }) => put(service, bytes)));
    const taken = sent.filter((_, index) => responses[index]?.status === 200);
    expect(taken.length).toBeGreaterThanOrEqual(4);
    for (const response of responses.filter(({ status }) => status !== 200)) {
      expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([503, 'overloaded']);
      expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
    }
    const { active } = await policies(service);
    await service.stop();
    const again = await startHere({ COUNTERSIGN_DATA_DIR: service.config.dataDir });
    expect((await policies(again)).active.digest).toBe(active.digest);
    await again.stop();
  });
});

describe('an uploaded bundle', () => {
  async function uploaded(file: string): Promise<Here> {
    const service = await startHere({ COUNTERSIGN_BUNDLE: file });
    expect((await put(service, second.bytes)).status).toBe(200);
    return service;
  }
  const again = ({ config }: Here, file: string) =>
    startHere({ COUNTERSIGN_DATA_DIR: config.dataDir, COUNTERSIGN_BUNDLE: file });

  it('survives a restart, with who sent it', async () => {
    const file = await bundleFile(first.bytes);
    const service = await uploaded(file);
    await service.stop();
    const next = await again(service, file);
    expect((await policies(next)).active).toMatchObject({
      digest: second.policy.ref.digest,
      source: 'upload',
      uploaded_by: { client: 'release' },
    });
    await next.activation.reload();
    expect((await policies(next)).active).toMatchObject({ digest: first.policy.ref.digest, source: file });
    await next.stop();
    const last = await again(service, file);
    expect((await policies(last)).active.digest).toBe(first.policy.ref.digest);
    await last.stop();
  });

  it('gives way to another configured bundle, and does not come back with the one before', async () => {
    const file = await bundleFile(first.bytes);
    const service = await uploaded(file);
    await service.stop();
    const third = await withMetadata((metadata) => Object.assign(metadata, { name: 'third' }));
    writeFileSync(file, third);
    const next = await again(service, file);
    expect((await policies(next)).active.source).toBe(file);
    await next.stop();
    writeFileSync(file, first.bytes);
    const last = await again(service, file);
    expect((await policies(last)).active).toMatchObject({ digest: first.policy.ref.digest, source: file });
    await last.stop();
  });

  it('stays when the configured file is replaced by one that is no good', async () => {
    const file = await bundleFile(first.bytes);
    const service = await uploaded(file);
    await replaceFile(file, Buffer.from('not a bundle'));
    await until(async () => (await policies(service)).last_error !== null);
    expect((await policies(service)).active).toMatchObject({ digest: second.policy.ref.digest, source: 'upload' });
    await expect(service.activation.reload()).rejects.toMatchObject({ code: 'bundle_invalid' });
    expect((await policies(service)).active.digest).toBe(second.policy.ref.digest);
    await service.stop();
  });

  it.each([
    ['UPDATE uploaded_bundles SET bundle = ?', /uploaded bundle cannot be used.* were changed.*discard-upload/],
    ['DELETE FROM uploaded_bundles WHERE bundle <> ?', /uploaded bundle cannot be used.* are missing.*discard-upload/],
    [`UPDATE active_upload SET client = 'somebody' WHERE ? <> ''`, /not written by this service.*discard-upload/],
  ])('that was changed in the database stops the start, which says what to do: %s', async (statement, message) => {
    const file = await bundleFile(first.bytes);
    const service = await uploaded(file);
    await service.stop();
    const database = join(service.config.dataDir, 'countersign.db');
    const db = new DatabaseSync(database);
    db.prepare(statement).run(first.bytes);
    db.close();
    await expect(again(service, file)).rejects.toMatchObject({
      code: 'bundle_invalid',
      message: expect.stringMatching(message),
    });
    const files = { dataDir: service.config.dataDir, database, keysDir: join(service.config.dataDir, 'keys') };
    expect((await checkStore(files, () => {})).faults).toBe(1);
    expect(discardUpload(files, false)).toBe(sha256(second.bytes));
    await expect(again(service, file)).rejects.toMatchObject({ code: 'bundle_invalid' });
    expect(discardUpload(files, true)).toBe(sha256(second.bytes));
    expect(discardUpload(files, true)).toBeNull();
    const last = await again(service, file);
    expect((await policies(last)).active.digest).toBe(first.policy.ref.digest);
    await last.stop();
  });

  it('says who is who beside a running service', async () => {
    const file = await bundleFile(first.bytes);
    const service = await uploaded(file);
    const { dataDir } = service.config;
    const found = findUploadIn(
      join(dataDir, 'countersign.db'),
      readRowSecret(join(dataDir, 'keys')),
      sha256(first.bytes),
    );
    expect(Buffer.from(found?.bundle ?? [])).toEqual(Buffer.from(second.bytes));
    await service.stop();
  });
});

describe('an open case', () => {
  it('is decided by the new bundle at its next approval', async () => {
    const service = await startHere();
    const token = service.token('itsm', ['decide', 'read', 'approve:assert']);
    const client = createClient({ url: service.url, token, tries: 1 });
    const opened = await client.decide(PRODUCTION_KEY);
    expect((await put(service, second.bytes)).status).toBe(200);
    const verdict = { approver: 'iduarte', verdict: 'approve', seen: opened.id } as const;
    const approved = await client.approve(opened.case, verdict);
    const { chain } = await client.getCase(opened.case);
    const { records } = verifyRecords(
      chain.map(({ record }) => record),
      parseJwks(service.keyring.jwks),
    );
    expect(records.map(({ policy }) => policy.digest)).toEqual([first.policy.ref.digest, second.policy.ref.digest]);
    expectOnePolicy(records[1] as DecisionRecord, second.policy);
    expect(approved.not_counted).toMatchObject([{ approver: 'iduarte', code: 'person_unknown' }]);
    await service.stop();
  });
});

describe('50 MB of data', () => {
  it('are loaded while decisions go on', async () => {
    const service = await start({});
    const data = JSON.parse(Buffer.from(members.get(DATA_MEMBER) ?? '').toString());
    data.organisation.resources.inventory = Object.fromEntries(
      Array.from({ length: 300_000 }, (_, index) => [
        `service-${index}/production`,
        { service: 'payments-api', environment: 'production', owner: `team-${index % 500}`, note: 'x'.repeat(60) },
      ]),
    );
    const text = Buffer.from(JSON.stringify(data));
    expect(text.length).toBeGreaterThan(50_000_000);
    const large = await packed(redescribed(changed(DATA_MEMBER, () => text)));

    let [longest, decided, done] = [0, 0, false];
    const startedAt = performance.now();
    const loading = put(service, large).then((response) => {
      done = true;
      return response;
    });
    for (let last = startedAt; !done; decided++) {
      expect((await service.client.decide(SANDBOX_KEY)).outcome).toBe('allow');
      longest = Math.max(longest, performance.now() - last);
      last = performance.now();
    }
    const loadMs = performance.now() - startedAt;
    expect((await loading).status).toBe(200);
    const { policy } = JSON.parse(
      Buffer.from((await service.client.decide(SANDBOX_KEY)).record.split('.')[1] ?? '', 'base64url').toString(),
    );
    expect(policy.data_digest).not.toBe(first.policy.ref.data_digest);
    process.stderr.write(
      `50 MB: ${Math.round(loadMs)} ms, ${decided} decisions meanwhile, the longest took ${Math.round(longest)} ms\n`,
    );
    expect(decided).toBeGreaterThan(20);
    expect(longest).toBeLessThan(loadMs / 2);
    await service.end('SIGTERM');
  });
});
