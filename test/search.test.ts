import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { AppError } from '../src/base/errors.ts';
import type { Answer } from '../src/contract/answer.ts';
import type { AccessRequest } from '../src/contract/request.ts';
import { bundleFile, bundleWith } from './support/bundles.ts';
import { exampleRequest, startService } from './support/service.ts';

const ALLOWED = exampleRequest('issue-api-key/allow-sandbox-key');
const PENDING = exampleRequest('issue-api-key/approval-restricted-key');
const DENIED = exampleRequest('issue-api-key/deny-unknown-resource');
const WORKLOAD = exampleRequest('issue-deployment-token/allow-payments-staging');
const UNKNOWN_KIND = { ...ALLOWED, action: { name: 'launch' } };
const PERSON = 'mei.tanaka'; // Behind the subjects of ALLOWED and DENIED

interface Found {
  case: string;
  subject: object;
  resource: object;
  [name: string]: unknown;
}

let service: Awaited<ReturnType<typeof startService>>;
let portal: string;
let other: string;
let auditor: string;
let cases: Record<'allowed' | 'pending' | 'denied' | 'workload' | 'unknownKind' | 'foreign' | 'brief', Answer>;

beforeAll(async () => {
  service = await startService();
  [portal, other] = [service.token('portal', ['decide']), service.token('other-portal', ['decide'])];
  auditor = service.token('audit', ['read']);
  const decide = async (request: AccessRequest, token = portal) =>
    (await service.agent.post('/v1/decisions').set('authorization', `Bearer ${token}`).send(request).expect(201)).body;
  cases = {
    brief: await decide({ ...ALLOWED, context: { ...ALLOWED.context, ttl_seconds: 1 } }),
    allowed: await decide(ALLOWED),
    pending: await decide(PENDING),
    denied: await decide(DENIED),
    workload: await decide(WORKLOAD),
    unknownKind: await decide(UNKNOWN_KIND),
    foreign: await decide({ ...ALLOWED, subject: { type: 'user', id: PERSON } }, other),
  };
});
afterAll(() => service.stop());

const ask = (query: Record<string, string>, token = auditor) =>
  service.agent.get('/v1/cases').query(query).set('authorization', `Bearer ${token}`);
const search = async (query: Record<string, string>, token = auditor) =>
  (await ask(query, token).expect(200)).body as { cases: Found[]; next: string | null };
const namesOf = (found: Found[]) =>
  found.map((each) => Object.entries(cases).find(([, answer]) => answer.case === each.case)?.[0]);
const names = async (query: Record<string, string>, token?: string) => namesOf((await search(query, token)).cases);

describe('GET /v1/cases', () => {
  it('gives all cases, newest first, with what they are about and where they stand', async () => {
    const { cases: found, next } = await search({});
    expect(namesOf(found)).toEqual(['foreign', 'unknownKind', 'workload', 'denied', 'pending', 'allowed', 'brief']);
    expect(next).toBeNull();
    expect(found[5]).toEqual({
      case: cases.allowed.case,
      kind: 'issue/api_key',
      subject: { person: PERSON },
      resource: { type: 'api_key', id: ALLOWED.resource.id },
      client: 'portal',
      outcome: 'allow',
      tier: 'low',
      seq: 0,
      latest: cases.allowed.id,
      at: expect.any(String),
      expires_at: cases.allowed.expires_at,
      grant_status: expect.objectContaining({ state: 'active', revoked_at: null }),
      controls: cases.allowed.controls,
    });
    expect(found[2]).toMatchObject({ subject: WORKLOAD.subject });
  });

  it('finds a person under every identity, and others by their type', async () => {
    const ofPerson = ['foreign', 'unknownKind', 'denied', 'allowed', 'brief'];
    for (const subject of [PERSON, 'mei.tanaka@larkfield.example', 'mtanaka']) {
      expect(await names({ subject }), subject).toEqual(ofPerson);
    }
    const { type, id } = WORKLOAD.subject;
    expect(await names({ subject: id, subject_type: type })).toEqual(['workload']);
    expect(await names({ subject: id, subject_type: 'user' })).toEqual([]);
    const { body } = await ask({ subject: id }).expect(422);
    expect(body).toMatchObject({ code: 'invalid_request', errors: [{ pointer: '/subject_type' }] });
  });

  it('finds by resource, kind, tier, outcome and control', async () => {
    const { type, id } = ALLOWED.resource;
    expect(await names({ resource_type: type, resource_id: id })).toEqual([
      'foreign',
      'unknownKind',
      'allowed',
      'brief',
    ]);
    expect(await names({ kind: 'launch/api_key' })).toEqual(['unknownKind']);
    expect(await names({ tier: cases.pending.tier, outcome: 'approval_required' })).toEqual(['pending']);
    expect(await names({ outcome: 'deny' })).toEqual(['unknownKind', 'workload', 'denied']);
    const control = cases.pending.controls.find((each) => !cases.allowed.controls.includes(each)) ?? '';
    expect(await names({ control, kind: 'issue/api_key' })).toContain('pending');
    expect(await names({ control })).not.toContain('allowed');
    expect(await names({ kind: 'issue/api_key', subject: PERSON, outcome: 'allow', tier: 'low' })).toEqual([
      'foreign',
      'allowed',
      'brief',
    ]);
  });

  it('tells open, closed, granted and expired cases apart', async () => {
    expect(await names({ state: 'open' })).toEqual(['pending']);
    expect(await names({ state: 'closed' })).toEqual(['unknownKind', 'workload', 'denied']);
    await new Promise((resolve) => setTimeout(resolve, Date.parse(cases.brief.expires_at ?? '') - Date.now() + 5));
    expect(await names({ state: 'expired' })).toEqual(['brief']);
    expect(await names({ state: 'granted' })).toEqual(['foreign', 'allowed']);
    expect(await names({ state: 'granted', outcome: 'deny' })).toEqual([]);
  });

  it('finds by time: from an instant on, and before another', async () => {
    const { cases: found } = await search({});
    const [from, to] = [String(found[4]?.['at']), String(found[1]?.['at'])];
    expect(await names({ from, to })).toEqual(namesOf(found.filter(({ at }) => String(at) >= from && String(at) < to)));
    expect(await names({ to: '2020-01-01T00:00:00+01:00' })).toEqual([]);
    // The same instants by another clock, and spelt otherwise.
    const spelt = (at: string) => `${new Date(Date.parse(at) - 90 * 60_000).toISOString().slice(0, -1)}000-01:30`;
    expect(await names({ from: spelt(from), to: spelt(to).toLowerCase() })).toEqual(await names({ from, to }));
  });

  it('goes on where a page ended, and ends', async () => {
    const all = await names({});
    for (const limit of ['1', '3', '7']) {
      const found = [];
      for (let cursor: string | null = ''; cursor !== null; ) {
        const page = await search({ limit, ...(cursor !== '' && { cursor }) });
        expect(page.cases.length).toBeLessThanOrEqual(Number(limit));
        found.push(...namesOf(page.cases));
        cursor = page.next;
      }
      expect(found).toEqual(all);
    }
  });

  it('shows those without read the cases of their own client alone', async () => {
    expect(await names({}, other)).toEqual(['foreign']);
    expect(await names({ subject: PERSON }, portal)).toEqual(['unknownKind', 'denied', 'allowed', 'brief']);
    expect(await names({ control: cases.allowed.controls[0] ?? '' }, other)).toEqual(['foreign']);
    expect(await names({ kind: 'issue/api_key' }, other)).toEqual(['foreign']);
    expect(await names({}, service.token('other-portal', ['decide', 'read']))).toHaveLength(7);
  });

  it.each<[string, Record<string, string | string[]>, string]>([
    ['a tier that is none', { tier: 'huge' }, '/tier'],
    ['a state that is none', { state: 'done' }, '/state'],
    ['an outcome that is none', { outcome: '' }, '/outcome'],
    ['a name that is empty', { kind: '' }, '/kind'],
    ['no page', { limit: '0' }, '/limit'],
    ['too large a page', { limit: '101' }, '/limit'],
    ['a limit that is no number', { limit: '1e1' }, '/limit'],
    ['a time that is none', { from: 'yesterday' }, '/from'],
    ['a time without a zone', { to: '2026-11-22T12:00:00' }, '/to'],
    ['a cursor that is none', { cursor: 'W10' }, '/cursor'],
    ['a cursor of something else', { cursor: Buffer.from('["x","y"]').toString('base64url') }, '/cursor'],
    ['a resource without its type', { resource_id: 'x' }, '/resource_type'],
    ['a type without its resource', { resource_type: 'x' }, '/resource_id'],
    ['a type without its subject', { subject_type: 'x' }, '/subject'],
    ['the same twice', { tier: ['low', 'high'] }, '/tier'],
    ['what is no parameter', { tiers: 'low' }, ''],
  ])('refuses %s, and says where', async (_what, query, pointer) => {
    const { body } = await ask(query as Record<string, string>).expect(422);
    expect(body).toMatchObject({ code: 'invalid_request', errors: [{ pointer }] });
  });

  it('gives cursors that nobody can read, and that count for the same client and query alone', async () => {
    const { next } = await search({ limit: '1', kind: 'issue/api_key' }, portal);
    expect(next).toMatch(/^[A-Za-z0-9_-]{70}$/);
    const clear = Buffer.from(next ?? '', 'base64url');
    for (const { case: id } of Object.values(cases)) {
      expect(clear.includes(Buffer.from(id.replaceAll('-', ''), 'hex'))).toBe(false);
      expect(clear.toString('latin1')).not.toContain(id);
    }
    const cursor = next ?? '';
    const query = { kind: 'issue/api_key', cursor };
    expect(await names(query, portal)).toEqual(['pending', 'allowed', 'brief']);
    const changed = `${cursor.startsWith('A') ? 'B' : 'A'}${cursor.slice(1)}`;
    for (const [asked, token] of [
      [query, other],
      [query, auditor],
      [query, service.token('portal', ['decide', 'read'])],
      [{ ...query, kind: 'elevate/role' }, portal],
      [{ cursor }, portal],
      [{ ...query, cursor: changed }, portal],
    ] as const) {
      const { body } = await ask(asked, token).expect(422);
      expect(body).toMatchObject({ code: 'invalid_request', errors: [{ pointer: '/cursor' }] });
    }
    const { body } = await service.agent
      .get('/v1/grants')
      .query({ kind: 'issue/api_key', cursor })
      .set('authorization', `Bearer ${portal}`)
      .expect(422);
    expect(body.errors).toMatchObject([{ pointer: '/cursor' }]);
  });

  it('finds persons whose id looks like a key of something else', async () => {
    const bundle = await bundleWith((data) => {
      const { identities, organisation } = data as typeof data & { identities: Record<string, string> };
      organisation.people['["bad'] = { ...organisation.people[PERSON], active: true, groups: [] };
      identities['bad@larkfield.example'] = '["bad';
    });
    const own = await startService({ COUNTERSIGN_BUNDLE: await bundleFile(bundle) });
    const token = own.token('audit', ['read', 'decide']);
    const authorization = `Bearer ${token}`;
    const subject = { type: 'user', id: 'bad@larkfield.example' };
    await own.agent
      .post('/v1/decisions')
      .set({ authorization })
      .send({ ...ALLOWED, subject })
      .expect(201);
    const { body } = await own.agent.get('/v1/cases').set({ authorization }).expect(200);
    expect(body.cases).toMatchObject([{ subject: { person: '["bad' } }]);
    await own.agent.get('/v1/cases').query({ subject: subject.id }).set({ authorization }).expect(200);
    await own.stop();
  });

  it('exports all of them as lines, and takes no limit then', async () => {
    const fetchLines = (query: string) =>
      fetch(`${service.url}/v1/cases?${query}`, {
        headers: { authorization: `Bearer ${auditor}`, accept: 'application/x-ndjson' },
      });
    const response = await fetchLines('kind=issue/api_key');
    expect(response.headers.get('content-type')).toBe('application/x-ndjson');
    const lines = (await response.text()).split('\n');
    expect(lines.pop()).toBe('');
    expect(lines.map((line) => JSON.parse(line))).toEqual((await search({ kind: 'issue/api_key' })).cases);
    expect(await (await fetchLines('kind=none')).text()).toBe('');
    expect((await fetchLines('limit=1')).status).toBe(422);
  });

  it('breaks an export that fails on the way, and answers one that fails at once', async () => {
    const headers = { authorization: `Bearer ${auditor}`, accept: 'application/x-ndjson' };
    const page = service.store.search;
    const search = vi.spyOn(service.store, 'search');
    const fail = () => Promise.reject(new AppError('store_unavailable', 'gone'));
    search.mockImplementationOnce((query) => page({ ...query, limit: 1 })).mockImplementationOnce(fail);
    const response = await fetch(`${service.url}/v1/cases`, { headers });
    expect(response.status).toBe(200);
    await expect(response.text()).rejects.toThrow();
    search.mockImplementationOnce(fail);
    expect((await fetch(`${service.url}/v1/cases`, { headers })).status).toBe(503);
    search.mockRestore();
  });
});
