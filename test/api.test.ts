import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseJwks } from '../src/base/jwks.ts';
import type { Answer } from '../src/contract/answer.ts';
import type { DecisionRecord } from '../src/contract/record.ts';
import type { Scope } from '../src/contract/scope.ts';
import { jwsListIn, verifyRecords } from './support/records.ts';
import { exampleRequest, secretOf, startService } from './support/service.ts';

const SANDBOX_KEY = exampleRequest('issue-api-key/allow-sandbox-key');
const PRODUCTION_KEY = exampleRequest('issue-api-key/approval-restricted-key');

let service: Awaited<ReturnType<typeof startService>>;
let pipeline: string;
let other: string;
let auditor: string;

beforeAll(async () => {
  service = await startService();
  pipeline = service.token('portal', ['decide']);
  other = service.token('other-portal', ['decide']);
  auditor = service.token('audit', ['read']);
});
afterAll(() => service.stop());

const get = (path: string, token: string) => service.agent.get(path).set('authorization', `Bearer ${token}`);
const post = (path: string, token: string, body: object, key?: string) => {
  const call = service.agent.post(path).set('authorization', `Bearer ${token}`);
  return (key === undefined ? call : call.set('idempotency-key', key)).send(body);
};
const decide = async (body: object, token = pipeline, key?: string) =>
  (await post('/v1/decisions', token, body, key).expect(201)).body;
const person = (identity: string, scopes: Scope[] = ['read', 'approve']) => service.token('console', scopes, identity);
const payload = (jws: string) =>
  JSON.parse(Buffer.from(jws.split('.')[1] ?? '', 'base64url').toString()) as DecisionRecord;
const openCase = () => decide(PRODUCTION_KEY);

describe('POST /v1/decisions', () => {
  it('answers with the outcome, the next step and a record that verifies offline', async () => {
    const answer = await decide(SANDBOX_KEY);
    expect(answer).toMatchObject({ outcome: 'allow', tier: 'low', next: [] });
    expect(Date.parse(answer.expires_at)).toBeGreaterThan(Date.now());
    const keys = parseJwks((await service.agent.get('/.well-known/jwks.json').expect(200)).body);
    const [record] = verifyRecords(jwsListIn(answer), keys).decisions;
    expect(record).toMatchObject({
      jti: answer.id,
      case: answer.id,
      seq: 0,
      previous: null,
      statement: 'decision',
      request: SANDBOX_KEY,
      caller: { client: 'portal', scopes: ['decide'], principal: null, person: null },
      policy: { ...service.activation.status().ref },
    });
  });

  it('denies a kind without a policy with a code that says so, at the highest tier', async () => {
    const answer = await decide({ ...SANDBOX_KEY, action: { name: 'launch' } });
    expect(answer).toMatchObject({ outcome: 'deny', tier: 'critical', denials: [{ code: 'kind_unknown' }] });
    for (const name of ['__proto__', 'constructor', 'toString', '*', '']) {
      const { body } = await post('/v1/decisions', pipeline, { ...SANDBOX_KEY, action: { name } });
      expect(body.outcome === 'deny' || body.status === 422).toBe(true);
    }
  });

  it('says where to find the record', async () => {
    const { headers, body } = await post('/v1/decisions', pipeline, SANDBOX_KEY).expect(201);
    const found = (await get(headers['location'] ?? '', pipeline).expect(200)).body;
    expect(found).toEqual({ ...body, as_of: found.as_of });
    expect(found.as_of >= body.as_of).toBe(true);
  });

  it('records the cases of the same subject and resource as history', async () => {
    const first = await openCase();
    const { history } = payload((await openCase()).record);
    expect(history.length).toBeLessThanOrEqual(20);
    expect(history).toContainEqual(
      expect.objectContaining({ case: first.case, kind: 'issue/api_key', outcome: 'approval_required' }),
    );
  });
});

describe('a batch', () => {
  const batch = (requests: unknown[], key?: string) => post('/v1/decisions/batch', pipeline, { requests }, key);
  const answersOf = (body: { results: { answer: Answer }[] }) => body.results.map(({ answer }) => answer);

  it('decides each request as a case of its own, and answers in their order', async () => {
    const unknown = { ...SANDBOX_KEY, action: { name: 'launch' } };
    const { body } = await batch([SANDBOX_KEY, PRODUCTION_KEY, unknown, SANDBOX_KEY]).expect(200);
    const answers = answersOf(body);
    expect(answers.map(({ outcome }) => outcome)).toEqual(['allow', 'approval_required', 'deny', 'allow']);
    expect(new Set(answers.map((answer) => answer.case)).size).toBe(4);
    for (const { record } of answers) verifyRecords([record], parseJwks(service.keyring.jwks));
    for (const { id } of answers) expect(await service.store.record(id)).not.toBeNull();
  });

  it('decides nothing where one request is not valid, and says which', async () => {
    const { body } = await batch([SANDBOX_KEY, { ...SANDBOX_KEY, subject: 'me' }]).expect(422);
    expect(body).toMatchObject({ code: 'invalid_request', errors: [{ pointer: '/requests/1/subject' }] });
  });

  it('takes 1 to 256 requests, each as large as it may be alone', async () => {
    await batch([]).expect(422);
    await batch(Array(257).fill(SANDBOX_KEY)).expect(422);
    const large = { ...SANDBOX_KEY, context: { list: Array(2001).fill(0) } };
    const { body } = await batch([SANDBOX_KEY, large]).expect(422);
    expect(body).toMatchObject({ errors: [{ pointer: '/requests/1', code: 'too_many_values' }] });
    expect(answersOf((await batch(Array(256).fill(SANDBOX_KEY)).expect(200)).body)).toHaveLength(256);
  });

  it('gives the first records again for the same key', async () => {
    const first = answersOf((await batch([SANDBOX_KEY, PRODUCTION_KEY], 'batch-1').expect(200)).body);
    const again = answersOf((await batch([SANDBOX_KEY, PRODUCTION_KEY], 'batch-1').expect(200)).body);
    expect(again.map(({ id }) => id)).toEqual(first.map(({ id }) => id));
    expect(again[0]?.latest).toMatchObject({ id: first[0]?.id });
    const { body } = await batch([SANDBOX_KEY, SANDBOX_KEY], 'batch-1').expect(200);
    expect(body.results[1]).toMatchObject({ problem: { status: 422, code: 'idempotency_mismatch' } });
  });

  it('that is no list costs one call, and does not shut out the others of its client', async () => {
    await post('/v1/decisions/batch', pipeline, { requests: 'x'.repeat(70_000) }).expect(422);
    await post('/v1/decisions/batch', pipeline, { requests: { length: 70_000 } }).expect(422);
    await decide(SANDBOX_KEY);
  });

  it('counts each request in the rate limit', async () => {
    const limited = await startService({ COUNTERSIGN_RATE_LIMIT_PER_MINUTE: '5' });
    const token = limited.token('bulk', ['decide']);
    const send = (count: number) =>
      limited.agent
        .post('/v1/decisions/batch')
        .set('authorization', `Bearer ${token}`)
        .send({ requests: Array(count).fill(SANDBOX_KEY) });
    await send(4).expect(200);
    const { headers } = await send(2).expect(429);
    expect(Number(headers['retry-after'])).toBeGreaterThan(0);
    await limited.stop();
  });
});

describe('Idempotency-Key', () => {
  it('gives the first record again, and where the case stands now', async () => {
    const first = await decide(PRODUCTION_KEY, pipeline, 'job-1');
    await post(`/v1/cases/${first.case}/approvals`, person('nobody@example.org'), {
      verdict: 'approve',
      seen: first.id,
    }).expect(201);
    const { body, headers } = await post('/v1/decisions', pipeline, PRODUCTION_KEY, 'job-1').expect(201);
    const { latest, ...again } = body;
    expect(again).toEqual(first);
    expect(latest).toMatchObject({ seq: 1, outcome: 'approval_required' });
    expect(headers['idempotency-replayed']).toBe('true');
  });

  it('refuses the same key with another body, and keeps clients and routes apart', async () => {
    const first = await decide(SANDBOX_KEY, pipeline, 'job-2');
    const { body } = await post('/v1/decisions', pipeline, PRODUCTION_KEY, 'job-2').expect(422);
    expect(body.code).toBe('idempotency_mismatch');
    expect((await decide(SANDBOX_KEY, other, 'job-2')).id).not.toBe(first.id);
  });

  it('lets twins in flight wait for the first: many calls, one record', async () => {
    const answers = await Promise.all(Array.from({ length: 30 }, () => decide(SANDBOX_KEY, pipeline, 'job-3')));
    expect(new Set(answers.map(({ id }) => id)).size).toBe(1);
  });

  it('holds for approvals too', async () => {
    const first = await openCase();
    const token = person('nobody@example.org');
    const body = { verdict: 'approve', seen: first.id };
    const send = async () =>
      (await post(`/v1/cases/${first.case}/approvals`, token, body, 'click').expect(201)).body.id;
    const ids = await Promise.all([send(), send(), send()]);
    expect(new Set(ids).size).toBe(1);
    expect((await get(`/v1/cases/${first.case}`, pipeline)).body.seq).toBe(1);
  });
});

describe('approvals', () => {
  it('lead to allow when distinct eligible persons have given them, and the chain verifies', async () => {
    const first = await openCase();
    expect(first.outcome).toBe('approval_required');
    let latest = first;
    for (const identity of ['jweber', 'iduarte', 'kmensah', 'aokafor', 'wstone', 'ruth.adler']) {
      if (latest.outcome !== 'approval_required') break;
      const body = { verdict: 'approve', comment: 'looked at it', seen: latest.id };
      latest = (await post(`/v1/cases/${first.case}/approvals`, person(identity), body).expect(201)).body;
    }
    expect(latest).toMatchObject({ outcome: 'allow', next: [] });
    const { body } = await get(`/v1/cases/${latest.id}`, pipeline).expect(200);
    expect(body).toMatchObject({ case: first.case, outcome: 'allow', latest: latest.id, next_after: null });
    const { decisions: records, fromBeginning } = verifyRecords(jwsListIn(body), parseJwks(service.keyring.jwks));
    expect(fromBeginning).toBe(true);
    const last = records.at(-1);
    expect(new Set(last?.decision.counted.map(({ person }) => person)).size).toBe(last?.decision.counted.length);
    expect(last?.approvals[0]).toMatchObject({
      approver: { identity: 'jweber', person: 'jonas.weber', assurance: 'authenticated' },
      comment: 'looked at it',
      seen: first.id,
      submitted_by: { client: 'console', principal: 'jweber' },
    });
    const { body: closed } = await post(`/v1/cases/${first.case}/approvals`, person('jweber'), {
      verdict: 'reject',
      seen: first.id,
    }).expect(409);
    expect(closed.code).toBe('case_closed');
  });

  it('end the case when somebody eligible rejects', async () => {
    const first = await openCase();
    const body = { verdict: 'reject', comment: 'not before the review', seen: first.id };
    const { body: answer } = await post(`/v1/cases/${first.case}/approvals`, person('jweber'), body).expect(201);
    expect(answer).toMatchObject({ outcome: 'deny', denials: [{ code: 'rejected' }] });
  });

  it.each([
    ['the subject under another name', 'luis.ortega@larkfield.example', 'approver_is_subject'],
    ['somebody whom nobody knows', 'stranger@example.org', 'person_unknown'],
    ['somebody of another team', 'tharris', 'approver_not_in_group'],
  ])('of %s do not count', async (_name, identity, code) => {
    const first = await openCase();
    const { body } = await post(`/v1/cases/${first.case}/approvals`, person(identity), {
      verdict: 'approve',
      seen: first.id,
    }).expect(201);
    expect(body.outcome).toBe('approval_required');
    expect(payload(body.record).decision.not_counted).toMatchObject([{ code }]);
  });

  it('of the person behind the caller, or of requested_by, do not count', async () => {
    const portal = service.token('servicenow', ['decide'], 'jonas.weber@larkfield.example');
    const asked = { ...PRODUCTION_KEY, context: { ...PRODUCTION_KEY.context, requested_by: 'aokafor' } };
    const first = await decide(asked, portal);
    const codes = [];
    for (const identity of ['jweber', 'amara.okafor']) {
      const { body } = await post(`/v1/cases/${first.case}/approvals`, person(identity), {
        verdict: 'approve',
        seen: first.id,
      }).expect(201);
      expect(body.outcome).toBe('approval_required');
      codes.push(payload(body.record).decision.not_counted.map(({ code }) => code));
    }
    expect(codes.at(-1)?.toSorted()).toEqual(['approver_is_caller', 'approver_is_requester']);
  });

  it('given by fifty at once lose nothing and leave one chain', async () => {
    const first = await openCase();
    const gatherer = service.token('itsm', ['read', 'approve:assert']);
    const people = Array.from({ length: 48 }, (_, index) => `person-${index}`);
    const bodies = ['aokafor', 'iduarte', ...people].map((approver) => ({
      approver,
      verdict: 'approve',
      seen: first.id,
    }));
    const answers = await Promise.all(bodies.map((body) => post(`/v1/cases/${first.case}/approvals`, gatherer, body)));
    const kept = answers.filter(({ status }) => status === 201);
    const refused = answers.filter(({ status }) => status !== 201);
    expect(new Set(refused.map(({ body }) => body.code))).toEqual(new Set(['case_full']));
    expect(new Set(kept.map(({ body }) => body.id)).size).toBe(kept.length);
    const { body } = await get(`/v1/cases/${first.case}`, auditor).expect(200);
    expect(body.seq).toBe(kept.length);
    const { decisions: records } = verifyRecords(jwsListIn(body), parseJwks(service.keyring.jwks));
    expect(records).toHaveLength(kept.length + 1);
    const approvals = records.at(-1)?.approvals ?? [];
    expect(approvals.map(({ approver }) => approver.identity)).toEqual(expect.arrayContaining(['aokafor', 'iduarte']));
    expect(new Set(approvals.map(({ id }) => id)).size).toBe(kept.length);
    expect(approvals[0]?.approver.assurance).toBe('asserted');
  });

  it('are bound to a record of the case', async () => {
    const [first, second] = [await openCase(), await openCase()];
    const { body } = await post(`/v1/cases/${first.case}/approvals`, person('jweber'), {
      verdict: 'approve',
      seen: second.id,
    }).expect(422);
    expect(body).toMatchObject({
      code: 'seen_mismatch',
      title: 'The verdict cannot be given on the record named in seen',
    });
  });

  it('of others do not count when somebody barred hands them in', async () => {
    const portal = service.token('portal', ['decide', 'approve:assert'], 'luis.ortega@larkfield.example');
    const first = await decide(PRODUCTION_KEY, portal);
    const body = { approver: 'amara.okafor', verdict: 'approve', seen: first.id };
    const { body: answer } = await post(`/v1/cases/${first.case}/approvals`, portal, body).expect(201);
    expect(payload(answer.record).decision.not_counted).toMatchObject([{ code: 'submitter_barred' }]);
  });

  it('on behalf of somebody barred do not count', async () => {
    const first = await openCase();
    const body = { verdict: 'approve', seen: first.id, on_behalf_of: 'luis.ortega' };
    const { body: answer } = await post(`/v1/cases/${first.case}/approvals`, person('aokafor'), body).expect(201);
    const { decision, approvals } = payload(answer.record);
    expect(decision.not_counted).toMatchObject([{ code: 'on_behalf_of_barred' }]);
    expect(approvals[0]?.on_behalf_of).toEqual({ identity: 'luis.ortega', person: 'luis.ortega' });
  });

  it('are denied where the caller is somebody whom nobody knows', async () => {
    const stranger = service.token('portal', ['decide'], 'Priya.Nair@larkfield.example');
    const answer = await decide(PRODUCTION_KEY, stranger);
    expect(answer).toMatchObject({ outcome: 'deny', denials: [{ code: 'caller_unknown' }] });
  });

  it('given twice alike are one: the second is refused', async () => {
    const first = await openCase();
    const token = person('clara.jensen');
    const send = (verdict: string) => post(`/v1/cases/${first.case}/approvals`, token, { verdict, seen: first.id });
    await send('approve').expect(201);
    expect((await send('approve').expect(409)).body.code).toBe('already_given');
    await send('reject').expect(201);
  });

  it('that did not count do not stand in the way of those that do', async () => {
    const first = await openCase();
    const reject = (token: string, more: object) =>
      post(`/v1/cases/${first.case}/approvals`, token, { verdict: 'reject', seen: first.id, ...more });
    const lead = person('aokafor');
    await reject(lead, { on_behalf_of: 'mistyped' }).expect(201);
    expect((await reject(lead, {}).expect(201)).body.outcome).toBe('deny');
  });

  it('of one person cannot fill a case up', async () => {
    const first = await openCase();
    const token = person('clara.jensen');
    const statuses = [];
    for (let index = 0; index < 10; index++) {
      const body = { verdict: 'approve', seen: first.id, on_behalf_of: `somebody-${index}` };
      statuses.push((await post(`/v1/cases/${first.case}/approvals`, token, body)).status);
    }
    expect(statuses).toEqual([...Array(8).fill(201), 409, 409]);
  });

  it('of two people with one idempotency key are two', async () => {
    const first = await openCase();
    for (const identity of ['priya.nair', 'iduarte']) {
      await post(
        `/v1/cases/${first.case}/approvals`,
        person(identity),
        { verdict: 'approve', seen: first.id },
        'click',
      ).expect(201);
    }
    expect((await get(`/v1/cases/${first.case}`, pipeline)).body.seq).toBe(2);
  });

  it('need the scope for whose name they bear', async () => {
    const first = await openCase();
    const path = `/v1/cases/${first.case}/approvals`;
    const body = { approver: 'jweber', verdict: 'approve', seen: first.id };
    await post(path, service.token('x', ['read', 'approve'], 'kmensah'), body).expect(403);
    await post(path, service.token('x', ['read', 'approve']), { ...body, approver: undefined }).expect(403);
    await post(path, service.token('x', ['read', 'approve:assert']), { ...body, approver: undefined }).expect(403);
    await post(path, pipeline, body).expect(403);
    await post(path, service.token('x', ['approve'], 'jweber'), body).expect(404);
  });
});

describe('who may see what', () => {
  it('a case of another client is as absent as an unknown one, and readers see all', async () => {
    const { id, case: caseId } = await decide(SANDBOX_KEY);
    for (const path of [`/v1/decisions/${id}`, `/v1/cases/${caseId}`]) {
      const foreign = await get(path, other).expect(404);
      const unknown = await get(path.replace(id, '019aab00-0000-7000-8000-000000000001'), other).expect(404);
      expect(foreign.body).toEqual(unknown.body);
      await get(path, pipeline).expect(200);
      await get(path, auditor).expect(200);
    }
  });

  it('a record comes bare for Accept: application/jose', async () => {
    const { id, record } = await decide(SANDBOX_KEY);
    const headers = { authorization: `Bearer ${pipeline}`, accept: 'application/jose' };
    const response = await fetch(`${service.url}/v1/decisions/${id}`, { headers });
    expect(response.headers.get('content-type')).toBe('application/jose');
    expect(await response.text()).toBe(record);
  });

  it('scopes are asked for everywhere but at the open doors', async () => {
    const useless = service.token('useless', ['review']);
    for (const [method, path] of [
      ['post', '/v1/decisions'],
      ['get', '/v1/decisions/x'],
      ['get', '/v1/cases'],
      ['get', '/v1/cases/x'],
      ['post', '/v1/cases/x/approvals'],
      ['get', '/v1/policies'],
      ['get', '/metrics'],
    ] as const) {
      const { body, headers } = await service.agent[method](path).expect(401);
      expect(body.code).toBe('unauthenticated');
      expect(headers['www-authenticate']).toBe('Bearer');
      expect((await service.agent[method](path).set('authorization', `Bearer ${useless}`).expect(403)).body.code).toBe(
        'forbidden',
      );
    }
    for (const path of ['/healthz', '/readyz', '/.well-known/jwks.json', '/openapi.json'])
      await service.agent.get(path).expect(200);
  });

  it('a revoked or expired token is nobody, at once', async () => {
    const token = service.token('brief', ['decide']);
    await decide(SANDBOX_KEY, token);
    await service.tokens.revoke(token.split('_')[1] ?? '', null);
    await post('/v1/decisions', token, SANDBOX_KEY).expect(401);
    const late = service.token('late', ['decide'], null, { expires_in_seconds: 1 });
    await decide(SANDBOX_KEY, late);
    await expect.poll(async () => (await post('/v1/decisions', late, SANDBOX_KEY)).status, { timeout: 5000 }).toBe(401);
  });

  it('the records, not the answers, name the token that asked', async () => {
    const { record } = await decide(SANDBOX_KEY);
    expect(payload(record).caller.claims).toEqual({ token_id: pipeline.split('_')[1] });
    expect(record).not.toContain(secretOf(pipeline));
  });

  it('answers carry the headers that keep browsers from harm', async () => {
    const { headers } = await service.agent.get('/healthz');
    expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'cache-control': 'no-store' });
    expect(headers['content-security-policy']).toBeDefined();
    expect(headers['x-powered-by']).toBeUndefined();
  });
});

describe('operations', () => {
  it('names the active bundle', async () => {
    const { body } = await get('/v1/policies', auditor).expect(200);
    expect(body).toMatchObject({ active: service.activation.status().ref, last_error: null });
  });

  it('counts decisions without labels that a caller could make up', async () => {
    const { text } = await get('/metrics', auditor).expect(200);
    expect(text).toMatch(/countersign_decisions_total\{outcome="allow",tier="low"\} \d+/);
    expect(text).not.toContain('portal');
  });

  it('limits each client for itself', async () => {
    const limited = await startService({ COUNTERSIGN_RATE_LIMIT_PER_MINUTE: '3' });
    const [one, two] = [limited.token('one', ['read']), limited.token('two', ['read'])];
    const call = (token: string) => limited.agent.get('/v1/policies').set('authorization', `Bearer ${token}`);
    for (let index = 0; index < 3; index++) await call(one).expect(200);
    const { body, headers } = await call(one).expect(429);
    expect(body.code).toBe('rate_limited');
    expect(Number(headers['retry-after'])).toBeGreaterThan(0);
    await call(two).expect(200);
    await limited.stop();
  });

  it('describes itself in OpenAPI 3.1, every route of it', async () => {
    const { body } = await service.agent.get('/openapi.json').expect(200);
    expect(body.openapi).toBe('3.1.0');
    expect(Object.keys(body.paths).sort()).toEqual([
      '/.well-known/jwks.json',
      '/healthz',
      '/metrics',
      '/openapi.json',
      '/readyz',
      '/v1/cases',
      '/v1/cases/{id}',
      '/v1/cases/{id}/approvals',
      '/v1/cases/{id}/issuances',
      '/v1/cases/{id}/reviews',
      '/v1/cases/{id}/revocations',
      '/v1/cases/{id}/withdrawals',
      '/v1/decisions',
      '/v1/decisions/batch',
      '/v1/decisions/{id}',
      '/v1/grants',
      '/v1/policies',
      '/v1/policies/active',
      '/v1/tokens',
      '/v1/tokens/records',
      '/v1/tokens/{id}/revocations',
    ]);
    expect(body.components.schemas).toHaveProperty('AccessRequest');
    expect(body.components.schemas).toHaveProperty('Problem');
  });
});
