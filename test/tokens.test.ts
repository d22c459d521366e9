import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { unverifiedPayload, verifyCompact } from '../src/base/jws.ts';
import type { Scope } from '../src/contract/scope.ts';
import { type TokenPage, type TokenRecordPage, tokenRecordSchema } from '../src/contract/token.ts';
import { exampleRequest, secretOf, startService } from './support/service.ts';

const DAY_SECONDS = 86_400;
const SANDBOX_KEY = exampleRequest('issue-api-key/allow-sandbox-key');

let service: Awaited<ReturnType<typeof startService>>;
/** May grant the same as the token of the operator. */
let admin: string;
beforeAll(async () => {
  service = await startService();
  admin = service.token('operator', ['admin', 'decide', 'read'], null, {
    may_grant: ['decide', 'read', 'approve', 'approve:assert', 'review', 'revoke', 'admin'],
  });
});
afterAll(() => service.stop());

const authorized = (token: string) => ({ authorization: `Bearer ${token}` });
const create = (body: object, token = admin) => service.agent.post('/v1/tokens').set(authorized(token)).send(body);
const revoke = (id: string, token = admin) =>
  service.agent.post(`/v1/tokens/${id}/revocations`).set(authorized(token)).send({ reason: 'left' });
const get = (path: string, token = admin) => service.agent.get(path).set(authorized(token));
const decide = (token: string) => service.agent.post('/v1/decisions').set(authorized(token)).send(SANDBOX_KEY);

/** What a record says, once it verifies. */
function recordOf(jws: string) {
  const { payload } = verifyCompact(jws, service.keyring.verificationKeys, 'decision-record+jwt');
  return tokenRecordSchema.parse(payload);
}

describe('POST /v1/tokens', () => {
  it('makes a token that works at once, for 90 days, and shows it once', async () => {
    const { body } = await create({ client: 'ci', scopes: ['decide', 'decide'], principal: 'mtanaka' }).expect(201);
    expect(body).toMatchObject({
      id: expect.stringMatching(/^[0-9a-f]{16}$/),
      client: 'ci',
      scopes: ['decide'],
      may_grant: [],
      principal: 'mtanaka',
      revoked_at: null,
      token: expect.stringContaining(`cs_`),
    });
    expect((Date.parse(body.expires_at) - Date.parse(body.created_at)) / 1000).toBe(90 * DAY_SECONDS);
    await decide(body.token).expect(201);
    const listed = await get('/v1/tokens').expect(200);
    expect(listed.body.tokens).toContainEqual(expect.objectContaining({ id: body.id, client: 'ci' }));
    for (const text of [listed.text, (await get('/v1/tokens/records').expect(200)).text, body.record]) {
      expect(text).not.toContain(secretOf(body.token));
      expect(text).not.toContain('sha256');
    }
  });

  it('ends it when it is told to, within a year', async () => {
    const soon = await create({ client: 'ci', scopes: ['read'], expires_in_seconds: 1 }).expect(201);
    await expect.poll(async () => (await get('/v1/policies', soon.body.token)).status, { timeout: 5000 }).toBe(401);
    const end = new Date(Date.now() + 3_600_000).toISOString();
    expect((await create({ client: 'ci', scopes: ['read'], expires_at: end })).body.expires_at).toBe(end);
    for (const lifetime of [
      { expires_in_seconds: 0 },
      { expires_in_seconds: 366 * DAY_SECONDS },
      { expires_in_seconds: 60, expires_at: end },
      { expires_at: new Date(Date.now() + 366 * DAY_SECONDS * 1000).toISOString() },
      { expires_at: new Date(Date.now() - 1000).toISOString() },
      { expires_at: 'soon' },
    ]) {
      const { body } = await create({ client: 'ci', scopes: ['read'], ...lifetime }).expect(422);
      expect(body.code).toBe('invalid_request');
    }
  });

  it.each([
    ['no client', { scopes: ['read'] }],
    ['a client that is no name', { client: '../ci', scopes: ['read'] }],
    ['no scope', { client: 'ci', scopes: [] }],
    ['an unknown scope', { client: 'ci', scopes: ['root'] }],
    ['something to grant without admin', { client: 'ci', scopes: ['read'], may_grant: ['read'] }],
    ['an id of its own', { client: 'ci', scopes: ['read'], id: '0'.repeat(16) }],
  ])('refuses %s', async (_what, body) => {
    expect((await create(body).expect(422)).body.code).toBe('invalid_request');
  });

  it('is for the scope admin alone', async () => {
    const token = service.token('almost', ['decide', 'read', 'approve', 'approve:assert', 'review', 'revoke']);
    await create({ client: 'ci', scopes: ['read'] }, token).expect(403);
    await get('/v1/tokens', token).expect(403);
    await revoke('0'.repeat(16), token).expect(403);
    await service.agent
      .post('/v1/tokens')
      .send({ client: 'ci', scopes: ['read'] })
      .expect(401);
  });
});

describe('a token never gives more than it has', () => {
  it.each<[string, Scope[], Scope[], object, number]>([
    ['its own scopes', ['admin', 'read'], [], { scopes: ['read', 'admin'] }, 201],
    ['a scope that it lacks', ['admin', 'read'], [], { scopes: ['decide'] }, 403],
    ['one of each', ['admin', 'read'], [], { scopes: ['read', 'approve'] }, 403],
    ['a scope that it may grant', ['admin'], ['approve'], { scopes: ['approve'], principal: 'pnair' }, 201],
    ['a right to grant that it has', ['admin'], ['approve'], { scopes: ['admin'], may_grant: ['approve'] }, 201],
    ['a right to grant its own scopes', ['admin', 'read'], [], { scopes: ['admin'], may_grant: ['read'] }, 403],
    ['a right to grant another one', ['admin'], ['approve'], { scopes: ['admin'], may_grant: ['approve:assert'] }, 403],
  ])('%s', async (_what, scopes, may_grant, wanted, status) => {
    const token = service.token('maker', scopes, null, { may_grant });
    const { body } = await create({ client: 'made', ...wanted }, token).expect(status);
    if (status === 403) expect(body.code).toBe('forbidden');
  });

  it('nor its scopes to another principal, unless it may grant them', async () => {
    const scopes: Scope[] = ['admin', 'approve'];
    const anna = service.token('anna', scopes, 'amara.okafor');
    const approver = (principal: string | null) => ({ client: 'console', scopes: ['approve'], principal });
    expect((await create(approver('jonas.weber'), anna).expect(403)).body.detail).toContain('another principal');
    await create(approver('amara.okafor'), anna).expect(201);
    await create(approver(null), anna).expect(201);
    const granting = service.token('anna', scopes, 'amara.okafor', { may_grant: ['approve'] });
    await create(approver('jonas.weber'), granting).expect(201);
  });

  it('nor does any token that comes of it', async () => {
    const first = service.token('first', ['admin'], null, { may_grant: ['approve'] });
    const second = (await create({ client: 'second', scopes: ['admin'] }, first).expect(201)).body.token;
    await create({ client: 'third', scopes: ['approve'], principal: 'pnair' }, second).expect(403);
  });

  it('makes the first approver with the token of the operator, which cannot approve by itself', async () => {
    const operator = readFileSync(`${service.config.dataDir}/admin.token`, 'utf8').trim();
    const wanted = { client: 'console', scopes: ['read', 'approve'], principal: 'pnair' };
    const approver = (await create(wanted, operator).expect(201)).body.token;
    const { body: opened } = await service.agent
      .post('/v1/decisions')
      .set(authorized(operator))
      .send(exampleRequest('issue-api-key/approval-production-key'))
      .expect(201);
    const approve = (token: string) =>
      service.agent
        .post(`/v1/cases/${opened.case}/approvals`)
        .set(authorized(token))
        .send({ verdict: 'approve', seen: opened.id });
    await approve(operator).expect(403);
    await approve(approver).expect(201);
  });
});

describe('POST /v1/tokens/{id}/revocations', () => {
  it('revokes at once and for good, again with the same answer', async () => {
    const { body: made } = await create({ client: 'ci', scopes: ['decide'] }).expect(201);
    await decide(made.token).expect(201);
    const { body: revoked } = await revoke(made.id).expect(201);
    await decide(made.token).expect(401);
    expect(revoked).toEqual({ ...without(made, 'token', 'record'), ...pick(revoked, 'revoked_at', 'record') });
    expect((await revoke(made.id).expect(201)).body).toEqual(revoked);
  });

  it('asks for a JSON object where no body is sent, and revokes nothing', async () => {
    const { body: made } = await create({ client: 'ci', scopes: ['read'] }).expect(201);
    const sent = service.agent.post(`/v1/tokens/${made.id}/revocations`).set(authorized(admin));
    const { body } = await sent.expect(400);
    expect(body).toMatchObject({
      code: 'malformed_json',
      detail: expect.stringMatching(/^The body is empty\. Send a JSON object/),
    });
    await get('/v1/policies', made.token).expect(200);
  });

  it('answers 404 for a token that is not there, and for an id that is none', async () => {
    await revoke('0'.repeat(16)).expect(404);
    await revoke('..%2fadmin').expect(404);
  });

  it('lets a token revoke itself, and nothing after that', async () => {
    const self = service.token('self', ['admin']);
    await revoke(self.split('_')[1] ?? '', self).expect(201);
    await create({ client: 'ci', scopes: ['admin'] }, self).expect(401);
  });
});

describe('GET /v1/tokens', () => {
  it('gives pages that leave nothing out and repeat nothing, in the order in which they were made', async () => {
    for (let count = 0; count < 5; count++) await create({ client: `page-${count}`, scopes: ['read'] }).expect(201);
    const seen: { client: string; created_at: string }[] = [];
    for (let after: number | null = -1; after !== null; ) {
      const { body }: { body: TokenPage } = await get(`/v1/tokens?limit=3&after=${after}`).expect(200);
      expect(body.tokens.length).toBeLessThanOrEqual(3);
      seen.push(...body.tokens);
      after = body.next_after;
    }
    const { body: all } = await get('/v1/tokens').expect(200);
    expect(seen).toEqual(all.tokens);
    expect(seen.slice(-5).map(({ client }) => client)).toEqual(['page-0', 'page-1', 'page-2', 'page-3', 'page-4']);
    expect(seen.map(({ created_at: at }) => at)).toEqual(seen.map(({ created_at: at }) => at).sort());
    for (const query of ['limit=0', 'limit=101', 'after=x']) await get(`/v1/tokens?${query}`).expect(422);
  });
});

describe('the records of tokens', () => {
  it('say who made and revoked which token, each after the one before', async () => {
    const { body: made } = await create({ client: 'seen', scopes: ['read'], principal: 'pnair' }).expect(201);
    const { body: revoked } = await revoke(made.id).expect(201);
    const [creation, revocation] = [recordOf(made.record), recordOf(revoked.record)];
    const caller = { client: 'operator', scopes: ['admin', 'decide', 'read'], claims: { token_id: idOf(admin) } };
    expect(creation).toMatchObject({
      event: 'creation',
      stream: 'installation',
      caller,
      token: without(made, 'token', 'record', 'revoked_at'),
    });
    expect(revocation).toMatchObject({
      event: 'revocation',
      caller,
      token: creation.token,
      at: revoked.revoked_at,
      reason: 'left',
    });
    expect(revocation.seq).toBe(creation.seq + 1);
    expect(revocation.previous?.jti).toBe(creation.jti);
  });

  it('are listed page by page, from the first, which says that the installation made the token of its operator', async () => {
    const seqs: number[] = [];
    let first: string | null = null;
    for (let after: number | null = -1; after !== null; ) {
      const { body }: { body: TokenRecordPage } = await get(`/v1/tokens/records?limit=4&after=${after}`).expect(200);
      first ??= body.records[0]?.record ?? null;
      for (const { seq, record, id } of body.records) {
        expect(recordOf(record)).toMatchObject({ seq, jti: id });
        seqs.push(seq);
      }
      after = body.next_after;
    }
    expect(seqs).toEqual(seqs.map((_, index) => index));
    expect(recordOf(first ?? '')).toMatchObject({ caller: null, previous: null, token: { client: 'admin' } });
    await get('/v1/tokens/records', service.token('audit', ['read'])).expect(200);
    await get('/v1/tokens/records', service.token('ci', ['decide'])).expect(403);
  });

  it('are no records of a case', async () => {
    const { body: made } = await create({ client: 'ci', scopes: ['read'] }).expect(201);
    const { jti } = unverifiedPayload(made.record) as { jti: string };
    await get(`/v1/decisions/${jti}`).expect(404);
    await get(`/v1/cases/${jti}`).expect(404);
  });

  it('are made in one chain, however many tokens are made at the same time', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => create({ client: 'ci', scopes: ['read'] })));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
    const seqs = answers.map(({ body }) => recordOf(body.record).seq).sort((a, b) => a - b);
    expect(seqs).toEqual(Array.from({ length: 20 }, (_, index) => (seqs[0] ?? 0) + index));
    expect(await service.store.check()).toEqual([]);
  });
});

function idOf(token: string): string {
  return token.split('_')[1] ?? '';
}

function without(from: object, ...names: string[]): object {
  return Object.fromEntries(Object.entries(from).filter(([name]) => !names.includes(name)));
}

function pick(from: object, ...names: string[]): object {
  return Object.fromEntries(Object.entries(from).filter(([name]) => names.includes(name)));
}
