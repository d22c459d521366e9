import { once } from 'node:events';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BUNDLE_FILE } from '../src/base/installation.ts';
import { thumbprint } from '../src/base/public-key.ts';
import { runProgram } from '../src/cli/program.ts';
import { CountersignError, createClient } from '../src/client/client.ts';
import type { Scope } from '../src/contract/scope.ts';
import { approvalStatuses } from '../src/domain/approval/status.ts';
import { grantStatusAt } from '../src/domain/grant.ts';
import { instantOf, isDecision, outcomeAfter, standingAfter } from '../src/domain/statement.ts';
import { readUnverified } from '../src/verify/unverified.ts';
import { bundleFile, bundleWith } from './support/bundles.ts';
import { exampleRequest, secretOf, startService } from './support/service.ts';
import { mirrored } from './support/signing.ts';

let service: Awaited<ReturnType<typeof startService>>;
const dir = mkdtempSync(join(tmpdir(), 'countersign-command-'));
const file = (name: string, content: unknown) => {
  const path = join(dir, name);
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
};

beforeAll(async () => {
  service = await startService();
  folderUrl = service.url;
});
afterAll(() => service.stop());

/** Where the service of the data folder of this machine listens. */
let folderUrl: string | null = null;
async function countersign(args: string[], stdin = '', token: string | null = null) {
  const out: string[] = [];
  const err: string[] = [];
  const terminal = {
    out: (text: string) => out.push(text),
    err: (text: string) => err.push(text),
    stdin: async () => stdin,
  };
  const code = await runProgram(args, {
    version: '0.0.0',
    terminal,
    clock: () => new Date(),
    serve: async () => {},
    tokens: { folder: async () => null, folderUrl: () => folderUrl },
    people: async () => ({ bundle: 'the bundle', directory: service.activation.pool().directory }),
    access: () => ({ url: service.url, token, tokenFile: join(service.config.dataDir, 'admin.token'), isNamed: true }),
    store: {
      dataDir: () => service.config.dataDir,
      filesOf: (dataDir) => ({ dataDir, database: join(dataDir, 'countersign.db'), keysDir: join(dataDir, 'keys') }),
    },
    policies: { policiesDir: '', bundleFile: '', pagesDir: '', toolOptions: { cacheDir: '', env: {} } },
  });
  return { code, out: out.join('\n'), err: err.join('\n') };
}

const clientOf = (scopes: Scope[], principal: string | null = null) =>
  createClient({ url: service.url, token: service.token('console', scopes, principal) });

const ALLOWED = exampleRequest('issue-api-key/allow-sandbox-key');
const PENDING = exampleRequest('issue-api-key/approval-restricted-key');
const DENIED = exampleRequest('issue-api-key/deny-unknown-resource');

/** All members of an answer, but a record that says nothing of the kind. */
const FORGED = {
  id: 'x',
  case: 'x',
  outcome: 'allow',
  tier: 'low',
  summary: '',
  denials: [],
  next: [],
  not_counted: [],
  obligations: [],
  controls: [],
  expires_at: 'soon',
  confirmation_needed: false,
  review_by: null,
  closes_at: null,
  lifetime_cut: null,
  as_of: '2026-01-01T00:00:00.000Z',
  record: 'a.e30.b',
};

/** The head of a case that has ended, as a service would answer it just then. */
function headOf(jwsList: readonly string[]) {
  const records = readUnverified(jwsList);
  const [last, decided] = [records.at(-1), records.findLast(isDecision)];
  if (last === undefined || decided === undefined) throw new Error('There is no decision in the case.');
  const at = instantOf(last);
  const grant_status = grantStatusAt(standingAfter(records), at);
  return {
    case: last.case,
    kind: last.kind,
    outcome: outcomeAfter(last),
    tier: decided.decision.tier,
    seq: last.seq,
    latest: last.jti,
    at: decided.evaluated_at,
    expires_at: grant_status?.expires_at ?? null,
    closes_at: null,
    as_of: at,
    next: [],
    confirmation_needed: false,
    approvals: approvalStatuses(decided, at),
    grant_status,
  };
}

/** Answers every call as the service does, but with this text. */
function answering(text: () => string) {
  return createServer(({ method }, res) => {
    res.writeHead(method === 'POST' ? 201 : 200, { 'content-type': 'application/json' }).end(text());
  });
}

describe('countersign decide', () => {
  it.each([
    [0, 'allow', ALLOWED],
    [1, 'deny', DENIED],
    [2, 'approval_required', PENDING],
  ] as const)('exits %i for %s, and says the next step', async (code, outcome, request) => {
    const result = await countersign(['decide', file('request.json', request)]);
    expect(result.code).toBe(code);
    expect(result.out).toContain(outcome);
    expect(result.out.includes('next:')).toBe(outcome === 'approval_required');
    expect(result.out).not.toContain('review by'); // The key ends before its review would be owed.
    const fromStdin = await countersign(['decide', '-', '--json'], JSON.stringify(request));
    expect(fromStdin.code).toBe(code);
    expect(JSON.parse(fromStdin.out)).toMatchObject({ outcome, record: expect.any(String) });
  });

  it.each<[string, string[], RegExp]>([
    ['a file that is not there', ['decide', 'nowhere.json'], /nowhere\.json cannot be read/],
    [
      'a token file that is not there',
      ['decide', '-', '--token-file', 'nowhere'],
      /token file nowhere .*COUNTERSIGN_TOKEN,.*COUNTERSIGN_TOKEN_FILE/,
    ],
    [
      'a service that is not there',
      ['decide', '-', '--url', 'http://127.0.0.1:9'],
      /cannot be reached.*--url or in COUNTERSIGN_URL/,
    ],
    ['a bundle that is none', ['policy', 'show', 'package.json'], /^bundle_invalid: package\.json: [^(]*$/],
    ['an unknown option', ['decide', '-', '--no-such'], /unknown option/],
    ['an unknown option of a nested command', ['token', 'list', '--no-such'], /unknown option/],
    ['an unknown option of policy', ['policy', 'build', '--no-such'], /unknown option/],
    ['policies that are not watched', ['serve', '--policies', 'policies'], /--policies .* use it with --watch/],
    ['an unknown command', ['no-such'], /unknown command/],
  ])('exits 3 for %s', async (_name, args, words) => {
    const { code, err } = await countersign(args, JSON.stringify(ALLOWED));
    expect(code).toBe(3);
    expect(err).toMatch(words);
  });

  it('says on one line what is no JSON', async () => {
    const { code, err } = await countersign(['decide', '-'], '{\n  "subject": }\n');
    expect([code, err.split('\n')]).toEqual([
      3,
      [expect.stringMatching(/^malformed_json: .*subject/), '  /: The body is not JSON.'],
    ]);
  });

  it('exits 3 for what is no request, and for a token that is nobody', async () => {
    expect(await countersign(['decide', '-'], '{"a":1,"a":2}')).toMatchObject({
      code: 3,
      err: expect.stringContaining('same key twice'),
    });
    expect(await countersign(['decide', '-'], '{}')).toMatchObject({
      code: 3,
      err: expect.stringContaining('invalid_request'),
    });
    const nobody = file('token', 'cs_0000000000000000_x');
    expect(await countersign(['decide', '-', '--token-file', nobody], JSON.stringify(ALLOWED))).toMatchObject({
      code: 3,
    });
  });

  it('leaves no earlier record to be taken for the answer after a fault, and does not lose it', async () => {
    const record = join(dir, 'kept.jws');
    const ask = (...args: string[]) =>
      countersign(['decide', '-', '--record', record, ...args], JSON.stringify(ALLOWED));
    expect((await ask()).err).toBe('');
    const earlier = readFileSync(record, 'utf8');
    const failed = await ask('--url', 'http://127.0.0.1:9');
    expect(failed).toMatchObject({ code: 3, err: expect.stringContaining(`is kept in ${record}.previous`) });
    expect(readFileSync(record, 'utf8')).toBe('');
    expect((await ask('--token-file', file('unknown.token', 'cs_0000000000000000_x'))).code).toBe(3);
    expect(readFileSync(`${record}.previous`, 'utf8')).toBe(earlier);
    expect((await ask()).code).toBe(0);
    expect(readFileSync(record, 'utf8')).not.toBe(earlier);
    expect(readFileSync(`${record}.previous`, 'utf8')).toBe(earlier);
  });

  it.each(['nowhere/record.jws', '.'])(
    'exits 3 and asks for nothing where the record cannot be written: %s',
    async (to) => {
      const newest = async () => (await clientOf(['read']).searchCasesPage({ limit: 1 })).cases[0]?.case;
      const before = await newest();
      const { code, err } = await countersign(['decide', '-', '--record', join(dir, to)], JSON.stringify(ALLOWED));
      expect([code, err]).toEqual([3, expect.stringContaining('cannot be written')]);
      expect(await newest()).toBe(before);
    },
  );

  it('takes the token of the environment, else that of the file, and never repeats either', async () => {
    const good = service.token('ci', ['decide']);
    const ask = (token: string | null, ...args: string[]) =>
      countersign(['decide', '-', ...args], JSON.stringify(ALLOWED), token);
    const nowhere = ['--token-file', 'nowhere'];
    expect((await ask(good)).code).toBe(0);
    expect(await ask(good, ...nowhere)).toMatchObject({ code: 3, err: expect.stringContaining('nowhere') });
    expect((await ask('cs_0000000000000000_x', '--token-file', file('good', good))).code).toBe(0);
    const unknown = 'cs_0000000000000000_x';
    expect((await ask(unknown)).err).toMatch(/^unauthenticated: .*token from COUNTERSIGN_TOKEN\. .*expired or revoked/);
    const unknownFile = file('unknown', unknown);
    expect((await ask(null, '--token-file', unknownFile)).err).toContain(`from --token-file ${unknownFile}. `);
    for (const bad of ['cs_0000000000000000_x', '', ' ', `${good}\nX-Evil: 1`, `${good} x`, `${good}ü`]) {
      for (const args of [[], ['--token-file', file('bad', bad)]]) {
        const { code, out, err } = await ask(args.length > 0 ? null : bad, ...args);
        expect([code, out]).toEqual([3, '']);
        expect(err).not.toContain(secretOf(good));
        expect(err).toMatch(/unauthenticated|is empty|holds no bearer token/);
      }
    }
  });

  it.each([
    '{"status":"ok"}',
    '{"outcome":"granted","id":"x","record":"y"}',
    '{"outcome":"allow","id":"x","record":"y"}',
    JSON.stringify(FORGED),
    JSON.stringify({ ...FORGED, expires_at: '2999-01-01T00:00:00.000Z' }),
    '<html>',
    'null',
    '[]',
    '{"outcome":"allow"}',
  ])('exits 3 where what comes back is no answer of Countersign: %s', async (body) => {
    const stranger = answering(() => body).listen(0, '127.0.0.1');
    await once(stranger, 'listening');
    const url = `http://127.0.0.1:${(stranger.address() as AddressInfo).port}`;
    for (const how of [[], ['--json']]) {
      expect((await countersign(['decide', '-', '--url', url, ...how], JSON.stringify(ALLOWED))).code).toBe(3);
    }
    stranger.close();
  });

  it('says where the case stands now when the key was used before', async () => {
    const ask = () => countersign(['decide', '-', '--json', '--idempotency-key', 'deploy-7'], JSON.stringify(PENDING));
    const first = await ask();
    expect(first.code).toBe(2);
    const { id } = JSON.parse(first.out);
    for (const identity of ['aokafor', 'iduarte', 'kmensah']) {
      await clientOf(['read', 'approve'], identity).approve(id, { verdict: 'approve', seen: id });
    }
    expect(await ask()).toMatchObject({ code: 0, out: expect.stringContaining('"outcome": "allow"') });
  });

  it('does not exit 0 for an allow that is over', async () => {
    const brief = JSON.stringify({ ...ALLOWED, context: { ...ALLOWED.context, ttl_seconds: 3 } });
    const ask = () => countersign(['decide', '-', '--idempotency-key', 'brief'], brief);
    expect((await ask()).code).toBe(0);
    await new Promise((resolve) => setTimeout(resolve, 3100));
    expect(await ask()).toMatchObject({
      code: 1,
      out: expect.stringMatching(/^expired \(low risk\)\n {2}case /),
      err: expect.stringContaining('expired'),
    });
  });

  it.each([
    ['at-once', ALLOWED, []],
    ['after-approvals', PENDING, ['aokafor', 'iduarte', 'kmensah']],
  ] as const)('does not exit 0 for an allow that was given %s and revoked', async (when, request, approvers) => {
    const key = `revoked-${when}`;
    const ask = (...how: string[]) =>
      countersign(['decide', '-', '--idempotency-key', key, ...how], JSON.stringify(request));
    const { id } = JSON.parse((await ask('--json')).out);
    for (const approver of approvers) {
      await clientOf(['read', 'approve'], approver).approve(id, { verdict: 'approve', seen: id });
    }
    expect(await ask()).toMatchObject({ code: 0, err: '' });
    await clientOf(['read', 'revoke'], 'iduarte').revoke(id, { reason: 'the project ended' });
    for (const how of [[], ['--json']]) {
      expect(await ask(...how)).toMatchObject({ code: 1, err: expect.stringMatching(/^revoked: .* is final/) });
    }
    const { out } = await ask();
    expect(out).toMatch(/^revoked \(\w+ risk\)\n {2}revoked at \d{4}-\S+ by iduarte\n {2}case /);
    expect(out).not.toMatch(/allow|Valid until/);
  });

  it('says that a request was withdrawn, and not that it waits', async () => {
    const ask = (...how: string[]) =>
      countersign(['decide', '-', '--idempotency-key', 'withdrawn', ...how], JSON.stringify(PENDING));
    const { id } = JSON.parse((await ask('--json')).out);
    const owner = createClient({
      url: service.url,
      token: readFileSync(join(service.config.dataDir, 'admin.token'), 'utf8').trim(),
    });
    await owner.withdraw(id, { reason: 'not needed' });
    const told = await ask();
    expect(told).toMatchObject({ code: 1, err: expect.stringMatching(/^withdrawn: .*another idempotency key/) });
    expect(told.out).toMatch(/^withdrawn \(critical risk\)/);
    expect(told.out).not.toMatch(/approval_required|next:|needs/);
    expect(await ask('--json')).toMatchObject({ code: 1, err: expect.stringMatching(/^withdrawn: /) });
  });

  it.each([
    [{ ended: 'expiry' }, 1, /^expired \(/, /^expired: this request was not approved before 2999-01-02T/],
    [{ ended: null }, 2, /^approval_required \(/, /^$/],
  ])('says by the answer how the case ended: %j', async (latest, code, out, err) => {
    const decided = { outcome: 'approval_required', expires_at: null, closes_at: '2999-01-02T00:00:00.000Z' };
    const told = await decideBy({
      ...decided,
      latest: { id: 'x', seq: 0, outcome: 'deny', grant_state: null, ...latest },
    });
    expect(told).toMatchObject({ code, out: expect.stringMatching(out), err: expect.stringMatching(err) });
  });

  it('says that somebody has to confirm, and how policy cut the lifetime', async () => {
    const waiting = { outcome: 'approval_required', expires_at: null, closes_at: '2999-01-02T00:00:00.000Z' };
    const confirm = await decideBy({ ...waiting, confirmation_needed: true });
    expect(confirm).toMatchObject({
      code: 2,
      out: expect.stringMatching(/next: an eligible approver has to confirm/),
    });
    expect(confirm.out).toContain('accepts verdicts until 2999-01-02T00:00:00.000Z');
    const lifetime_cut = { requested_seconds: 94_608_000, given_seconds: 7_776_000 };
    const cut = await decideBy({ outcome: 'allow', expires_at: '2999-01-01T00:00:00.000Z', lifetime_cut });
    expect(cut.out).toContain('lifetime: 90 days of the 1095 days requested');
    const odd = { requested_seconds: 5_530_839, given_seconds: 1_209_600 };
    const cutOdd = await decideBy({ outcome: 'allow', expires_at: '2999-01-01T00:00:00.000Z', lifetime_cut: odd });
    expect(cutOdd.out).toContain('lifetime: 14 days of the about 64 days requested');
    const next = [
      { requirement: 'a', any_of: ['a'], have: 0, need: 1 },
      { requirement: 'b', any_of: ['b'], have: 0, need: 2 },
    ];
    const two = await decideBy({ ...waiting, next });
    expect(two.out).toContain('next: 1 approval from a (0 of 1 given)\n  next: 2 approvals from b (0 of 2 given)');
  });

  /** What `decide` makes of an answer, which is of no service. */
  async function decideBy(members: Record<string, unknown>) {
    const { outcome, expires_at } = members;
    const signed = { jti: 'x', case: 'x', statement: 'decision', decision: { outcome, expires_at } };
    const said = Buffer.from(JSON.stringify(signed)).toString('base64url');
    const answer = { ...FORGED, record: `a.${said}.b`, ...members };
    const other = answering(() => JSON.stringify(answer)).listen(0, '127.0.0.1');
    await once(other, 'listening');
    const url = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
    const told = await countersign(['decide', '-', '--url', url], JSON.stringify(ALLOWED));
    other.close();
    return told;
  }

  it('gives the same decision for the same idempotency key', async () => {
    const ask = async () =>
      JSON.parse(
        (await countersign(['decide', '-', '--json', '--idempotency-key', 'job'], JSON.stringify(ALLOWED))).out,
      ).id;
    expect(await ask()).toBe(await ask());
  });
});

describe('the client', () => {
  it('decides many at once, and says of each that has no answer why', async () => {
    const client = createClient({ url: service.url, token: service.token('bulk', ['decide']) });
    await client.decideMany([ALLOWED], { idempotencyKey: 'bulk' });
    const [first, second] = await client.decideMany([PENDING, ALLOWED], { idempotencyKey: 'bulk' });
    expect(first).toBeInstanceOf(CountersignError);
    expect(first).toMatchObject({ status: 422, code: 'idempotency_mismatch' });
    expect(second).toMatchObject({ outcome: 'allow' });
    await expect(client.decideMany([])).rejects.toMatchObject({ status: 422 });
  });
});

describe('the client, about grants', () => {
  it('tells what was issued, reviews, revokes, and finds grants page by page', async () => {
    const { id, expires_at } = await clientOf(['decide']).decide(ALLOWED);
    const { id: other } = await clientOf(['decide']).decide(ALLOWED);
    const late = new Date(Date.parse(expires_at ?? '') + 1).toISOString();
    const issued = await clientOf(['decide']).issue(id, {
      issuer: 'vault',
      credential_ref: 'accessor/5c',
      expires_at: late,
    });
    expect(issued).toMatchObject({
      case: id,
      statement: 'issuance',
      grant_state: 'due',
      review_reason: 'credential_outlives_grant',
    });
    const person = clientOf(['read', 'review', 'revoke'], 'iduarte');
    const query = { subject: 'mei.tanaka@larkfield.example', kind: 'issue/api_key' };
    expect((await person.searchGrantsPage({ ...query, state: 'due' })).cases).toMatchObject([{ case: id }]);
    const kept = await person.review(id, { verdict: 'keep', comment: 'Läuft noch' }, { idempotencyKey: 'review-1' });
    expect(kept).toMatchObject({ statement: 'review', grant_state: 'active', review_reason: null });
    const revoked = await person.revoke(id, { reason: 'Läuft nicht mehr' });
    expect(revoked).toMatchObject({ statement: 'revocation', grant_state: 'revoked' });
    expect(await person.review(id, { verdict: 'keep', comment: 'Läuft noch' }, { idempotencyKey: 'review-1' })).toEqual(
      {
        ...kept,
        grant_state: 'revoked',
      },
    );
    expect((await person.getCase(id)).grant_status).toMatchObject({ state: 'revoked', review: 'keep' });
    await expect(person.review(id, { verdict: 'keep' })).rejects.toMatchObject({ status: 409, code: 'grant_over' });

    const found: string[] = [];
    for (let cursor: string | null | undefined; cursor !== null; ) {
      const page = await person.searchGrantsPage({ ...query, limit: 1, ...(cursor && { cursor }) });
      found.push(...page.cases.map((each) => each.case));
      cursor = page.next;
    }
    expect(found).toEqual(expect.arrayContaining([id, other]));
    expect((await person.searchGrantsPage({ state: 'revoked' })).cases.map((each) => each.case)).toContain(id);
  });

  it('withdraws, and takes nothing but a withdrawal for one', async () => {
    const owner = clientOf(['decide']);
    const { id } = await owner.decide(PENDING);
    const kept = await owner.withdraw(id, { reason: 'nicht nötig' }, { idempotencyKey: 'withdrawal-1' });
    expect(kept).toMatchObject({ case: id, statement: 'withdrawal', outcome: 'deny', record: expect.any(String) });
    expect(await owner.withdraw(id, { reason: 'nicht nötig' }, { idempotencyKey: 'withdrawal-1' })).toEqual(kept);
    await expect(owner.withdraw(id)).rejects.toMatchObject({ status: 409, code: 'case_closed' });
    let body: unknown;
    const proxy = answering(() => JSON.stringify(body)).listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    const client = createClient({ url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`, token: 'x' });
    body = kept;
    expect(await client.withdraw(id)).toEqual(kept);
    for (const lie of [
      { id },
      { case: 'x' },
      { statement: 'expiry' },
      { outcome: 'allow' },
      { at: '' },
      { record: 'x' },
    ]) {
      body = { ...kept, ...lie };
      await expect(client.withdraw(id)).rejects.toMatchObject({ code: 'not_an_answer' });
    }
    proxy.close();
  });

  it('takes nothing but a record of the statement for an answer', async () => {
    const { id } = await clientOf(['decide']).decide(ALLOWED);
    const review = await clientOf(['read', 'review'], 'iduarte').review(id, { verdict: 'keep' });
    let body: unknown;
    const proxy = answering(() => JSON.stringify(body)).listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    const client = createClient({ url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`, token: 'x' });
    body = review;
    expect(await client.review(id, { verdict: 'keep' })).toEqual(review);
    await expect(client.revoke(id, { reason: 'r' })).rejects.toMatchObject({ code: 'not_an_answer' });
    await expect(client.issue(id, { issuer: 'i', credential_ref: 'r', expires_at: '' })).rejects.toMatchObject({
      code: 'not_an_answer',
    });
    for (body of [
      { status: 'ok' },
      [],
      { ...review, record: 'a.e30.b' },
      { ...review, record: 'page' },
      { ...review, id: '019aab00-0000-7000-8000-000000000001' },
      { ...review, case: '019aab00-0000-7000-8000-000000000001' },
      { ...review, grant_state: 'fine' },
      { ...review, expires_at: '2999-01-01T00:00:00.000Z' },
      { ...review, review_by: '2999-01-01T00:00:00.000Z' },
      { ...review, review_reason: 'credential_outlives_grant' },
    ]) {
      await expect(client.review(id, { verdict: 'keep' })).rejects.toMatchObject({ code: 'not_an_answer' });
    }
    const revoker = clientOf(['read', 'revoke'], 'iduarte');
    body = { ...(await revoker.revoke(id, { reason: 'over' })), grant_state: 'active' };
    await expect(client.revoke(id, { reason: 'over' })).rejects.toMatchObject({ code: 'not_an_answer' });
    for (body of [{ status: 'ok' }, [], { cases: [] }, { cases: [{ case: id }], next: null }, { cases: [null] }]) {
      await expect(client.searchGrantsPage()).rejects.toMatchObject({ code: 'not_an_answer' });
    }
    proxy.close();
  });
});

describe('countersign verify', () => {
  it('says in its first line what was decided, by which policy, when; exit 1 where a byte differs', async () => {
    const record = join(dir, 'record.jws');
    await countersign(['decide', file('request.json', ALLOWED), '--record', record]);
    const jwks = file('jwks.json', service.keyring.jwks);
    const good = await countersign(['verify', record, '--jwks', jwks]);
    expect(good.code).toBe(0);
    const [first = '', ...rest] = good.out.split('\n');
    for (const part of ['valid: allow', service.activation.status().ref.digest, 'issue/api_key'])
      expect(first).toContain(part);
    expect(rest).toEqual([
      expect.stringMatching(/^ {2}seq 0: decision, allow \(low\); at .*; policy revision .*; record /),
    ]);
    expect((await countersign(['verify', record, '--jwks', `${service.url}/.well-known/jwks.json`])).code).toBe(0);
    const bad = file(
      'bad.jws',
      readFileSync(record, 'utf8').replace(/.$/m, (last) => (last === 'A' ? 'B' : 'A')),
    );
    expect(await countersign(['verify', bad, '--jwks', jwks])).toMatchObject({
      code: 1,
      out: '',
      err: expect.stringContaining('NOT VALID'),
    });
  });

  it('takes no second string of a record, and no key by which anybody can sign', async () => {
    const record = join(dir, 'record.jws');
    await countersign(['decide', file('request.json', ALLOWED), '--record', record]);
    const jwks = file('jwks.json', service.keyring.jwks);
    const twin = file('twin.jws', mirrored(readFileSync(record, 'utf8').trim()));
    expect(await countersign(['verify', twin, '--jwks', jwks])).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^NOT VALID: .*The signature has a high s/),
    });
    const weak = { kty: 'OKP', crv: 'Ed25519', x: `AQ${'A'.repeat(41)}` };
    const other = file('weak.json', { keys: [...service.keyring.jwks.keys, weak] });
    expect(await countersign(['verify', record, '--jwks', other])).toMatchObject({
      code: 3,
      err: expect.stringContaining(`The key ${thumbprint(weak)} cannot be used: it is a point of small order`),
    });
  });

  it('checks signed approvals by the bundle that decided, and says where it decided nothing', async () => {
    const record = join(dir, 'pending.jws');
    await countersign(['decide', file('request.json', PENDING), '--record', record]);
    const jwks = file('jwks.json', service.keyring.jwks);
    const verify = (bundle: string) => countersign(['verify', record, '--jwks', jwks, '--bundle', bundle]);
    const good = await verify(BUNDLE_FILE);
    expect(good.code).toBe(0);
    expect(good.out.split('\n').at(-1)).toBe('signed approvals that verify by the keys of the bundle: 0');
    const other = await bundleWith(({ organisation }) =>
      Object.assign(organisation.people['mei.tanaka'] ?? {}, { keys: [] }),
    );
    expect((await verify(await bundleFile(other))).code).toBe(3);
    expect((await verify('nowhere')).code).toBe(3);
  });
  it('exits 3 where it could not check', async () => {
    const jwks = file('jwks.json', service.keyring.jwks);
    expect((await countersign(['verify', 'nowhere', '--jwks', jwks])).code).toBe(3);
    expect((await countersign(['verify', '-', '--jwks', file('empty.json', { keys: [] })], 'x')).code).toBe(3);
    expect((await countersign(['verify', '-', '--jwks', 'http://127.0.0.1:9/jwks'], 'x')).code).toBe(3);
  });
});

describe('countersign explain', () => {
  it('tells a case that it asks the service for, and says that it verified nothing', async () => {
    const { id } = JSON.parse((await countersign(['decide', '-', '--json'], JSON.stringify(PENDING))).out);
    const told = await countersign(['explain', id]);
    expect(told).toMatchObject({ code: 0, out: expect.stringContaining(`Case ${id}: waits for approval`) });
    expect(told.out).toContain('The records were not verified');
    const verified = await countersign(['explain', id, '--jwks', `${service.url}/.well-known/jwks.json`]);
    expect(verified.out).toContain('The record verified');
  });

  it('asks for every page of a case', async () => {
    const golden = (name: string) => readFileSync(new URL(`golden/${name}`, import.meta.url), 'utf8');
    const chain = golden('case.jws')
      .trim()
      .split('\n')
      .map((record) => {
        const { jti, seq } = JSON.parse(Buffer.from(record.split('.')[1] ?? '', 'base64url').toString());
        return { id: jti, seq, record };
      });
    const head = headOf(chain.map(({ record }) => record));
    const service = createServer((req, res) => {
      const after = Number(new URL(req.url ?? '', 'http://service').searchParams.get('after') ?? -1);
      const page = chain.filter(({ seq }) => seq > after).slice(0, 2);
      const end = page.at(-1)?.seq ?? 4;
      const body = { ...head, chain: page, next_after: end < 4 ? end : null };
      res.setHeader('content-type', 'application/json').end(JSON.stringify(body));
    }).listen(0, '127.0.0.1');
    await once(service, 'listening');
    const url = `http://127.0.0.1:${(service.address() as AddressInfo).port}`;
    const jwks = file('golden.json', golden('jwks.json'));
    const { out } = await countersign(['explain', chain[3]?.id ?? '', '--url', url, '--jwks', jwks]);
    // What follows depends on the time: in the end the case has expired.
    expect(out).toContain(golden('case.txt').slice(golden('case.txt').indexOf('Request\n')).split('Outcome\n')[0]);
    expect(out).toContain('All 5 records verified');
    service.close();
  });

  it('says where what is no record stands', async () => {
    const { record } = JSON.parse((await countersign(['decide', '-', '--json'], JSON.stringify(ALLOWED))).out);
    const broken = file('broken.jws', `${record}\n\n${record.replace('.ey', '.Ay')}\n`);
    const { code, err } = await countersign(['explain', broken]);
    expect(code).toBe(3);
    expect(err).toBe(`record_invalid: ${broken}, line 3: It is not a record: its payload is not JSON.`);
    const jwks = file('jwks.json', service.keyring.jwks);
    const verified = await countersign(['explain', broken, '--jwks', jwks]);
    expect(verified).toMatchObject({ code: 1, err: expect.stringContaining(`NOT VALID: ${broken}, line 3`) });
  });

  it('tells what is in a file or on standard input; with --jwks it verifies first', async () => {
    const jws = (await countersign(['decide', '-', '--json'], JSON.stringify(ALLOWED))).out;
    const jwks = file('jwks.json', service.keyring.jwks);
    const plain = await countersign(['explain', file('answer.json', jws)]);
    expect(plain.out).toMatch(/^Case \S+: allowed\n/);
    expect(plain.out).toContain('The records were not verified');
    const verified = await countersign(['explain', '-', '--jwks', jwks], jws);
    expect(verified).toMatchObject({ code: 0, out: expect.stringContaining('The record verified') });
    const forged = jws.replace('"outcome": "allow"', '"outcome": "deny"');
    expect(await countersign(['explain', '-', '--jwks', jwks], forged)).toMatchObject({
      code: 1,
      out: '',
      err: expect.stringContaining('NOT VALID'),
    });
  });

  it.each<[string, string[], string]>([
    ['what is no record', ['explain', '-'], 'a.e30.b'],
    ['nothing', ['explain', '-'], ''],
    ['a file that is not there', ['explain', 'nowhere.jws'], ''],
    ['a case that is not there', ['explain', '019aab00-0000-7000-8000-000000000001'], ''],
  ])('exits 3 for %s', async (_what, args, stdin) => {
    expect(await countersign(args, stdin)).toMatchObject({ code: 3, out: '' });
  });
});

describe('a record about an access token', () => {
  it('is said to be one that is not verified by this version, and never to be forged', async () => {
    const { record } = await clientOf(['admin', 'read']).createToken({ client: 'ci', scopes: ['read'] });
    const kept = file('token.jws', record);
    const jwks = file('token.jwks', (await service.agent.get('/.well-known/jwks.json')).body);
    const about =
      /token\.jws.*: It is a record about an access token \(statement "token"\); .* only records of cases\./;
    const verified = await countersign(['verify', kept, '--jwks', jwks]);
    expect(verified).toMatchObject({
      code: 1,
      out: '',
      err: expect.stringMatching(/^NOT VERIFIED: .* signature is valid\.$/),
    });
    expect(verified.err).toMatch(about);
    expect(await countersign(['explain', kept])).toMatchObject({ code: 3, out: '', err: expect.stringMatching(about) });
    const explained = await countersign(['explain', kept, '--jwks', jwks]);
    expect(explained).toMatchObject({ code: 3, out: '', err: expect.stringMatching(about) });
    const page = file('token-page.json', await clientOf(['read']).listTokenRecords({ limit: 1 }));
    const ofPage = await countersign(['verify', page, '--jwks', jwks]);
    expect(ofPage.err).toMatch(/^NOT VERIFIED: \S+token-page\.json at \/records\/0, .*\(statement "token"\)/);
    const forged = file('forged.jws', record.replace(/.{20}$/, 'A'.repeat(20)));
    const refused = await countersign(['verify', forged, '--jwks', jwks]);
    expect(refused).toMatchObject({ code: 1, out: '', err: expect.stringMatching(/^NOT VALID: .*signature/) });
  });
});

describe('countersign token', () => {
  it('makes a token that works, lists it without its secret, and revokes it at once', async () => {
    const made = await countersign([
      'token',
      'create',
      '--client',
      'ci',
      '--scopes',
      'decide, read',
      '--principal',
      'jweber',
      '--expires-in',
      '1h',
    ]);
    expect(made.code).toBe(0);
    const tokenFile = file('ci.token', made.out);
    expect((await countersign(['decide', '-', '--token-file', tokenFile], JSON.stringify(ALLOWED))).code).toBe(0);
    const id = made.out.split('_')[1] ?? '';
    const listed = await countersign(['token', 'list', '--json']);
    expect(JSON.parse(listed.out)).toContainEqual(
      expect.objectContaining({ id, client: 'ci', scopes: ['decide', 'read'], principal: 'jweber' }),
    );
    expect(listed.out).not.toMatch(/sha256/);
    expect((await countersign(['token', 'revoke', id])).code).toBe(0);
    expect((await countersign(['decide', '-', '--token-file', tokenFile], JSON.stringify(ALLOWED))).code).toBe(3);
    expect((await countersign(['token', 'list'])).out).not.toContain(id);
    expect((await countersign(['token', 'list', '--all'])).out).toMatch(new RegExp(`${id}.*revoked`));
  });

  it.each([
    [
      'an unknown scope',
      ['--client', 'ci', '--scopes', 'read,decde'],
      /"decde" is not a scope\. The scopes are decide, /,
    ],
    ['no scope', ['--client', 'ci', '--scopes', '']],
    ['a client name with a slash', ['--client', '../ci', '--scopes', 'read']],
    ['a time without a unit', ['--client', 'ci', '--scopes', 'read', '--expires-in', '90'], /is not a time; .*minutes/],
    ['no time', ['--client', 'ci', '--scopes', 'read', '--expires-in', '0d'], /0d is not above zero/],
    ['a time in the past', ['--client', 'ci', '--scopes', 'read', '--expires-in=-1d'], /-1d is not above zero/],
    [
      'a long time',
      ['--client', 'ci', '--scopes', 'read', '--expires-in', '99999999d'],
      /too long: a token is valid for at most 365d/,
    ],
    ['an end without an offset', ['--client', 'ci', '--scopes', 'read', '--expires-at', '2999-01-01T00:00:00']],
    ['an end that has passed', ['--client', 'ci', '--scopes', 'read', '--expires-at', '2020-01-01T00:00:00Z']],
    ['two ends', ['--client', 'ci', '--scopes', 'read', '--expires-in', '1d', '--expires-at', '2999-01-01T00:00:00Z']],
    ['an end that is far away', ['--client', 'ci', '--scopes', 'read', '--expires-at', '2999-01-01T00:00:00Z'], /year/],
  ])('refuses %s', async (_name, args, words = /./) => {
    const { code, out, err } = await countersign(['token', 'create', ...args]);
    expect([code, out]).toEqual([3, '']);
    expect(err).toMatch(words);
  });

  it('says of a principal that is nobody in the data, and makes the token all the same', async () => {
    const make = (principal: string) =>
      countersign(['token', 'create', '--client', 'ci', '--scopes', 'read', '--principal', principal]);
    const words = /nobody@larkfield\.example is not in data\.identities of the bundle/;
    expect((await make('jweber')).err).not.toContain('nobody');
    const made = await make('nobody@larkfield.example');
    expect(made).toMatchObject({ code: 0, out: expect.stringMatching(/^cs_/), err: expect.stringMatching(words) });
    const listed = await countersign(['token', 'list', '--json']);
    expect(listed.err).toMatch(words);
    expect(JSON.parse(listed.out)).toBeInstanceOf(Array);
    await countersign(['token', 'revoke', made.out.split('_')[1] ?? '']);
    expect((await countersign(['token', 'list', '--all'])).err).not.toMatch(words);
  });

  it.each([
    ['12:00:00+01:00', 'T11:00:00.000Z'],
    ['11:00:00z', 'T11:00:00.000Z'],
  ])('makes a token that ends at %s', async (time, kept) => {
    const day = new Date(Date.now() + 30 * 86_400_000).toISOString().slice(0, 'YYYY-MM-DD'.length);
    const said = `${day}t${time}`;
    const { out } = await countersign(['token', 'create', '--client', 'ci', '--scopes', 'read', '--expires-at', said]);
    expect((await service.store.token(out.split('_')[1] ?? ''))?.expires_at).toBe(`${day}${kept}`);
  });

  it('says nothing of the principals of a service whose bundle it does not have', async () => {
    folderUrl = 'http://127.0.0.1:9';
    try {
      const principal = ['--principal', 'nobody@larkfield.example'];
      const made = await countersign(['token', 'create', '--client', 'ci', '--scopes', 'read', ...principal]);
      expect(made).toMatchObject({ code: 0, err: expect.not.stringContaining('nobody') });
      const listed = await countersign(['token', 'list', '--url', service.url]);
      expect(listed).toMatchObject({ code: 0, out: expect.stringContaining('nobody@'), err: '' });
    } finally {
      folderUrl = service.url;
    }
  });

  it('makes a token that approves for nobody, as the API does, and says what it is good for', async () => {
    const { code, out, err } = await countersign(['token', 'create', '--client', 'itsm', '--scopes', 'read,approve']);
    expect([code, err]).toEqual([0, expect.stringContaining('can hand in signed approvals only')]);
    const pending = await service.agent
      .post('/v1/decisions')
      .set('authorization', `Bearer ${service.token('portal', ['decide'])}`)
      .send(PENDING);
    const verdict = { verdict: 'approve' as const, comment: '', seen: pending.body.id };
    const unsigned = createClient({ url: service.url, token: out }).approve(pending.body.case, verdict);
    await expect(unsigned).rejects.toMatchObject({ code: 'forbidden' });
  });

  it('revokes a token that is given itself, and never repeats a secret', async () => {
    const { out: made } = await countersign(['token', 'create', '--client', 'ci', '--scopes', 'read']);
    const [, id = ''] = made.split('_');
    const revoked = await countersign(['token', 'revoke', made]);
    expect([revoked.code, revoked.err]).toEqual([0, '']);
    expect(revoked.out).toMatch(new RegExp(`^Token ${id} of ci was revoked at `));
    for (const wrong of [`Bearer ${made}`, secretOf(made), made.replace(id, '0'.repeat(16))]) {
      const { code, out, err } = await countersign(['token', 'revoke', '--', wrong]);
      expect([code, out]).toEqual([3, '']);
      expect(err).not.toContain(secretOf(made));
    }
    const agent = service.agent
      .post(`/v1/tokens/${made}/revocations`)
      .set('authorization', `Bearer ${service.token('operator', ['admin'])}`);
    expect((await agent.send({}).expect(404)).text).not.toContain(secretOf(made));
  });

  it('does not revoke what is not there', async () => {
    expect((await countersign(['token', 'revoke', '0000000000000000'])).code).toBe(3);
  });
});
