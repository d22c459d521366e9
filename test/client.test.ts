import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BUNDLE_FILE } from '../src/base/installation.ts';
import { type ClientOptions, CountersignError, createClient, type DecisionAnswer } from '../src/client/client.ts';
import type { Scope } from '../src/contract/scope.ts';
import { exampleRequest, startService } from './support/service.ts';

const ALLOWED = exampleRequest('issue-api-key/allow-sandbox-key');
const PENDING = exampleRequest('issue-api-key/approval-restricted-key');

let service: Awaited<ReturnType<typeof startService>>;
/** What the service answered to ALLOWED. */
let allowed: DecisionAnswer;
beforeAll(async () => {
  service = await startService();
  allowed = await clientOf(['decide']).decide(ALLOWED);
});
afterAll(() => service.stop());

function clientOf(scopes: Scope[], principal: string | null = null) {
  return createClient({ url: service.url, token: service.token('console', scopes, principal) });
}

type Handler = (req: IncomingMessage, res: ServerResponse, call: number) => void;

/** What a server answers that is no Countersign, and a client of it. */
async function misbehaving(handler: Handler, options: Partial<ClientOptions> = {}) {
  const keys: unknown[] = [];
  const server = createServer((req, res) => {
    keys.push(req.headers['idempotency-key']);
    req.resume();
    handler(req, res, keys.length);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    client: createClient({ url, token: 'secret', timeoutMs: 2000, maxDelayMs: 1500, ...options }),
    keys,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

async function allOf<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

const json = (res: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}) =>
  res.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));

function problem(res: ServerResponse, status: number, code: string, headers: Record<string, string> = {}) {
  const type = { 'content-type': 'application/problem+json' };
  const body = { type: `urn:countersign:problem:${code}`, title: 'T', status, code, detail: 'The detail.' };
  res.writeHead(status, { ...type, ...headers }).end(JSON.stringify(body));
}

describe('the client and the service', () => {
  it('carries a case from the request to its revocation', async () => {
    const asker = clientOf(['decide']);
    const first = await asker.decide(PENDING);
    expect(first.outcome).toBe('approval_required');
    let answer = first;
    for (const who of ['aokafor', 'iduarte', 'kmensah']) {
      answer = await clientOf(['read', 'approve'], who).approve(first.case, { verdict: 'approve', seen: first.id });
    }
    expect(answer.outcome).toBe('allow');
    const issuance = { issuer: 'vault', credential_ref: 'a/1', expires_at: answer.expires_at ?? '' };
    expect(await asker.issue(first.case, issuance)).toMatchObject({ statement: 'issuance', grant_state: 'active' });
    const reviewer = clientOf(['read', 'review', 'revoke'], 'iduarte');
    const revoked = await reviewer.revoke(first.case, { reason: 'over' });
    expect(revoked).toMatchObject({ statement: 'revocation', grant_state: 'revoked' });
    expect(await reviewer.getDecision(revoked.id)).toEqual(revoked);
    const shown = await reviewer.getCase(first.case);
    expect(shown.grant_status).toMatchObject({ state: 'revoked', last_policy: null });
    const records = await allOf(reviewer.caseRecords(first.case));
    expect(records.map(({ seq }) => seq)).toEqual([0, 1, 2, 3, 4, 5]);
    expect(records).toEqual(shown.chain);
    const withdrawn = await asker.decide(PENDING);
    expect(await asker.withdraw(withdrawn.case)).toMatchObject({ statement: 'withdrawal', outcome: 'deny' });
  });

  it('pages through cases and grants, and fetches no page that nobody asks for', async () => {
    const asker = clientOf(['decide']);
    const ids = [];
    for (let count = 0; count < 5; count++) ids.unshift((await asker.decide(ALLOWED)).case);
    const found: string[] = [];
    for await (const each of asker.searchCases({ kind: 'issue/api_key', limit: 2 })) {
      found.push(each.case);
      if (found.length === 5) break;
    }
    expect(found).toEqual(ids);
    for await (const { grant_status } of asker.searchGrants({ state: 'active', limit: 3 })) {
      expect(grant_status.state).toBe('active');
    }
    const page = await asker.searchGrantsPage({ state: 'active', limit: 2 });
    expect(page.cases).toHaveLength(2);
    expect((await asker.searchGrantsPage({ state: 'active', limit: 2, cursor: page.next ?? '' })).cases).toHaveLength(
      2,
    );
    let calls = 0;
    await using counting = await misbehaving((_req, res) => {
      calls++;
      json(res, 200, { cases: page.cases, next: `${calls}` });
    });
    for await (const _ of counting.client.searchGrants()) break;
    expect(calls).toBe(1);
  });

  it('tells of the service itself, and needs no token for what is open to everybody', async () => {
    const open = createClient({ url: service.url });
    expect(await open.getHealth()).toEqual({ status: 'ok' });
    expect((await open.getReadiness()).status).toBe('ok');
    expect((await open.getJwks()).keys).toHaveLength(1);
    expect(await open.getOpenApi()).toMatchObject({ openapi: '3.1.0' });
    await expect(open.getPolicies()).rejects.toMatchObject({ status: 401, code: 'unauthenticated' });
    const admin = clientOf(['admin', 'read']);
    expect(await admin.getMetrics()).toContain('countersign_decisions_total');
    const { active } = await admin.getPolicies();
    expect((await admin.activatePolicy(readFileSync(BUNDLE_FILE))).active.digest).toBe(active.digest);
    await expect(admin.activatePolicy(Buffer.from('x'))).rejects.toMatchObject({ code: 'bundle_refused' });
  });

  it('makes, lists and revokes access tokens', async () => {
    const admin = clientOf(['admin', 'read']);
    const { id, token, record } = await admin.createToken({ client: 'storefront-ci', scopes: ['read'] });
    expect(record.split('.')).toHaveLength(3);
    const made = createClient({ url: service.url, token });
    expect((await made.getPolicies()).active.digest).toMatch(/^sha256:/);
    const listed = await allOf(admin.listTokens());
    expect(listed.find((each) => each.id === id)).toMatchObject({ client: 'storefront-ci', revoked_at: null });
    expect((await admin.listTokensPage({ limit: 1 })).tokens).toHaveLength(1);
    expect((await admin.revokeToken(id)).revoked_at).not.toBeNull();
    await expect(made.getPolicies()).rejects.toMatchObject({ status: 401, code: 'unauthenticated' });
    expect((await admin.listTokenRecords()).records.length).toBeGreaterThanOrEqual(2);
  });

  it('says with each fault of the input where it is', async () => {
    const wrong = clientOf(['decide']).decide({ ...ALLOWED, action: { name: '' } });
    await expect(wrong).rejects.toMatchObject({
      name: 'CountersignError',
      status: 422,
      code: 'invalid_request',
      isRetryable: false,
      errors: [expect.objectContaining({ pointer: '/action/name' })],
    });
  });

  it('refuses what would lead to the path of another call', async () => {
    const reader = clientOf(['read']);
    for (const id of ['', '.', '..']) await expect(reader.getCase(id)).rejects.toThrow(TypeError);
    await expect(reader.getCase('../../v1/policies?x=')).rejects.toMatchObject({ status: 404 });
  });
});

describe('the client and a server that misbehaves', () => {
  it.each<[string, Handler]>([
    ['a page of HTML', (_req, res) => res.writeHead(201, { 'content-type': 'text/html' }).end('<p>allow</p>')],
    ['no content type', (_req, res) => res.writeHead(201).end(JSON.stringify(allowed))],
    ['another content type', (_req, res) => json(res, 201, allowed, { 'content-type': 'text/plain' })],
    ['another status', (_req, res) => json(res, 200, allowed)],
    ['no content', (_req, res) => res.writeHead(204).end()],
    [
      'half of the JSON',
      (_req, res) => res.writeHead(201, { 'content-type': 'application/json' }).end('{"outcome":"allow"'),
    ],
    ['an allow without a record', (_req, res) => json(res, 201, { ...allowed, record: '' })],
    ['an allow of another record', (_req, res) => json(res, 201, { ...allowed, id: allowed.id.replace(/^./, 'f') })],
    ['an allow of another case', (_req, res) => json(res, 201, { ...allowed, case: allowed.case.replace(/^./, 'f') })],
    ['an allow that ends later', (_req, res) => json(res, 201, { ...allowed, expires_at: '2999-01-01T00:00:00.000Z' })],
    ['an allow without an end', (_req, res) => json(res, 201, { ...allowed, expires_at: null })],
    ['an outcome that is none', (_req, res) => json(res, 201, { ...allowed, outcome: 'granted' })],
    ['a deny of an allow', (_req, res) => json(res, 201, { ...allowed, outcome: 'deny', expires_at: null })],
    ['a list', (_req, res) => json(res, 201, [allowed])],
    ['null', (_req, res) => json(res, 201, null)],
    ['a redirect', (_req, res) => res.writeHead(307, { location: service.url }).end()],
  ])('takes %s for no answer, and does not ask again', async (_what, handler) => {
    await using server = await misbehaving(handler);
    await expect(server.client.decide(ALLOWED)).rejects.toMatchObject({ code: 'not_an_answer', isRetryable: false });
    expect(server.keys).toHaveLength(1);
  });

  it('takes another record than the one that was asked for, and results that are too few, for no answer', async () => {
    await using other = await misbehaving((_req, res) => json(res, 200, allowed));
    await expect(other.client.getDecision(allowed.id)).resolves.toMatchObject({ outcome: 'allow' });
    await expect(other.client.getDecision('x')).rejects.toMatchObject({ code: 'not_an_answer' });
    await using few = await misbehaving((_req, res) => json(res, 200, { results: [{ answer: allowed }] }));
    await expect(few.client.decideMany([ALLOWED, ALLOWED])).rejects.toMatchObject({ code: 'not_an_answer' });
    await using endless = await misbehaving((_req, res) => json(res, 200, { cases: [], next: 'x' }));
    await expect(allOf(endless.client.searchCases())).rejects.toMatchObject({ code: 'not_an_answer' });
  });

  it.each<[string, Handler]>([
    [
      'cuts the answer',
      (_req, res) => res.writeHead(201, { 'content-length': 99 }).write('{"id"', () => res.destroy()),
    ],
    ['hangs up', (_req, res) => res.destroy()],
    ['is overloaded', (_req, res) => problem(res, 503, 'overloaded')],
    ['limits the rate', (_req, res) => problem(res, 429, 'rate_limited')],
    ['is behind a proxy that has no upstream', (_req, res) => res.writeHead(503).end('no upstream')],
  ])('where it %s, asks again with the same key until it is answered', async (_what, handler) => {
    await using server = await misbehaving((req, res, call) =>
      call < 3 ? handler(req, res, call) : json(res, 201, allowed),
    );
    expect(await server.client.decide(ALLOWED)).toEqual(allowed);
    expect(server.keys).toHaveLength(3);
    expect(new Set(server.keys)).toEqual(new Set([expect.stringMatching(/^[0-9a-f-]{36}$/)]));
  });

  it('gives up after as many tries as it has, and says why', async () => {
    await using server = await misbehaving((_req, res) => problem(res, 503, 'store_unavailable'), { tries: 2 });
    const error = await server.client.decide(ALLOWED, { idempotencyKey: 'job-7' }).catch((thrown) => thrown);
    expect(error).toBeInstanceOf(CountersignError);
    expect(error).toMatchObject({ status: 503, code: 'store_unavailable', detail: 'The detail.', isRetryable: true });
    expect(server.keys).toEqual(['job-7', 'job-7']);
  });

  it.each([
    [500, 'internal'],
    [409, 'case_closed'],
    [401, 'unauthenticated'],
  ])('does not ask again after a %i', async (status, code) => {
    await using server = await misbehaving((_req, res) => problem(res, status, code));
    await expect(server.client.decide(ALLOWED)).rejects.toMatchObject({ status, code, isRetryable: false });
    expect(server.keys).toHaveLength(1);
  });

  it('takes options that are undefined for options that are left out', async () => {
    const nothing = { token: undefined, timeoutMs: undefined, tries: undefined, maxDelayMs: undefined };
    await using fake = await misbehaving((_req, res) => problem(res, 503, 'overloaded'), nothing);
    await expect(fake.client.decide(ALLOWED)).rejects.toMatchObject({ code: 'overloaded' });
    expect(fake.keys).toHaveLength(4);
  });

  it('keeps the words of a problem that it does not know', async () => {
    await using server = await misbehaving((_req, res) => problem(res, 409, 'case_frozen'));
    await expect(server.client.decide(ALLOWED)).rejects.toMatchObject({
      code: 'unknown',
      detail: 'The detail. (case_frozen)',
    });
    await using gateway = await misbehaving((_req, res) => res.writeHead(502).end('<p>Bad gateway</p>'));
    await expect(gateway.client.decide(ALLOWED)).rejects.toMatchObject({ status: 502, code: 'unknown' });
    expect(gateway.keys).toHaveLength(1);
  });

  it('waits as long as Retry-After says, and not at all where that is too long', async () => {
    const at: number[] = [];
    await using server = await misbehaving((_req, res, call) => {
      at.push(performance.now());
      if (call === 1) problem(res, 503, 'overloaded', { 'retry-after': '1' });
      else json(res, 201, allowed);
    });
    await server.client.decide(ALLOWED);
    expect((at[1] ?? 0) - (at[0] ?? 0)).toBeGreaterThan(950);
    const inAnHour = new Date(Date.now() + 3_600_000).toUTCString();
    for (const header of ['3600', inAnHour]) {
      await using busy = await misbehaving((_req, res) => problem(res, 429, 'rate_limited', { 'retry-after': header }));
      const error = await busy.client.decide(ALLOWED).catch((thrown) => thrown);
      expect(error).toMatchObject({ code: 'rate_limited' });
      expect(error.retryAfterSeconds).toBeGreaterThan(3500);
      expect(busy.keys).toHaveLength(1);
    }
  });

  it('where it hangs, gives up each try after its time', async () => {
    await using server = await misbehaving(() => {}, { timeoutMs: 50, tries: 2 });
    await expect(server.client.decide(ALLOWED)).rejects.toMatchObject({
      code: 'unreachable',
      detail: expect.stringMatching(/did not answer in time/),
    });
    expect(server.keys).toHaveLength(2);
  });

  it('ends a call, a pause and a loop by the signal of the caller, with its reason', async () => {
    const reason = new Error('enough');
    await using hanging = await misbehaving(() => controller.abort(reason));
    const controller = new AbortController();
    await expect(hanging.client.decide(ALLOWED, { signal: controller.signal })).rejects.toBe(reason);
    expect(hanging.keys).toHaveLength(1);
    const pausing = new AbortController();
    await using busy = await misbehaving(
      (_req, res) => {
        problem(res, 503, 'overloaded', { 'retry-after': '600' });
        setImmediate(() => pausing.abort(reason));
      },
      { maxDelayMs: 3_600_000 },
    );
    await expect(busy.client.decide(ALLOWED, { signal: pausing.signal })).rejects.toBe(reason);
    const over = AbortSignal.abort(reason);
    await expect(busy.client.getHealth({ signal: over })).rejects.toBe(reason);
    await expect(allOf(busy.client.searchCases({}, { signal: over }))).rejects.toBe(reason);
    expect(busy.keys).toHaveLength(1);
  });

  it('tells that the service is not ready, and does not take that for a failure', async () => {
    await using server = await misbehaving((_req, res) => json(res, 503, { status: 'unavailable', reason: 'store' }));
    expect(await server.client.getReadiness()).toEqual({ status: 'unavailable', reason: 'store' });
    await expect(server.client.getHealth()).rejects.toMatchObject({ status: 503, code: 'unknown' });
  });

  it('sends its token to no open call, and to no other address', async () => {
    const seen: unknown[] = [];
    await using server = await misbehaving((req, res) => {
      seen.push(req.headers.authorization);
      json(res, 200, req.url === '/healthz' ? { status: 'ok' } : { cases: [], next: null });
    });
    await server.client.getHealth();
    await server.client.searchCasesPage();
    expect(seen).toEqual([undefined, 'Bearer secret']);
  });
});
