import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { parseJwks } from '../src/base/jwks.ts';
import { explainCase } from '../src/domain/explanation.ts';
import { callsOf, type TestService } from './support/calls.ts';
import { testClocks } from './support/clocks.ts';
import { jwsListIn, verifyRecords } from './support/records.ts';
import { exampleRequest, startService } from './support/service.ts';

const KEY = exampleRequest('issue-api-key/approval-production-key');
const EMERGENCY = exampleRequest('emergency-access-secret/approval-production-secret');
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

let service: TestService;
let calls: ReturnType<typeof callsOf>;
let clocks: ReturnType<typeof testClocks>;
let portal: string;
beforeAll(async () => {
  clocks = testClocks();
  service = await startService({}, { clocks });
  calls = callsOf(service);
  portal = service.token('portal', ['decide', 'read'], 'sofia.rossi@larkfield.example');
});
afterAll(() => service.stop());

const withdraw = (caseId: string, token: string, body: object = {}) =>
  calls.call('post', `/v1/cases/${caseId}/withdrawals`, token).send(body);
const recordsOf = async (id: string) =>
  verifyRecords(jwsListIn(JSON.stringify(await calls.caseOf(id))), parseJwks(service.keyring.jwks)).records;

describe('a request that waits for approval', () => {
  it('is withdrawn by whoever asked, with a record, and takes nothing more', async () => {
    const first = await calls.decide(KEY, portal);
    const { body, headers } = await withdraw(first.case, portal, { reason: 'not needed any more' }).expect(201);
    expect(body).toMatchObject({ case: first.case, statement: 'withdrawal', outcome: 'deny' });
    expect(headers['location']).toBe(`/v1/decisions/${body.id}`);
    expect(await calls.caseOf(first.case)).toMatchObject({ outcome: 'deny', seq: 1, next: [], closes_at: null });
    const records = await recordsOf(first.case);
    expect(records[1]).toMatchObject({
      statement: 'withdrawal',
      caller: { client: 'portal', person: 'sofia.rossi' },
      withdrawal: { reason: 'not needed any more' },
      decision: { jti: first.id },
    });
    const story = explainCase(records, new Date().toISOString());
    expect(story).toContain(`Outcome\n  withdrawn at ${body.at}\n  before that approval_required, decided at `);
    expect(story).not.toContain('once allowed');
    const read = await calls.call('get', `/v1/decisions/${body.id}`, portal).expect(200);
    expect(read.body).toEqual(body);
    for (const call of [withdraw(first.case, portal), calls.approve(first, 'pnair')]) {
      expect((await call.expect(409)).body).toMatchObject({
        code: 'case_closed',
        title: 'The case has ended',
        detail: `The request was withdrawn at ${body.at}.`,
      });
    }
  });

  it('is withdrawn with a reason that is counted in characters', async () => {
    const first = await calls.decide(KEY, portal);
    const { body } = await withdraw(first.case, portal, { reason: '🔑'.repeat(4001) }).expect(422);
    expect(body.detail).toContain('more than 4000 characters');
    await withdraw(first.case, portal, { reason: '🔑'.repeat(4000) }).expect(201);
  });

  it('is withdrawn by its subject, and by whoever requested_by names, through any client', async () => {
    const asked = { ...KEY, context: { ...KEY.context, requested_by: 'tharris' } };
    for (const identity of ['srossi', 'tom.harris']) {
      const first = await calls.decide(asked, service.token('servicenow', ['decide']));
      await withdraw(first.case, calls.person(identity)).expect(201);
      expect((await calls.caseOf(first.case)).outcome).toBe('deny');
    }
  });

  it('is withdrawn by nobody else', async () => {
    const first = await calls.decide(KEY, portal);
    for (const token of [
      calls.person('pnair'),
      service.token('portal', ['decide', 'read']),
      service.token('other', ['decide', 'read']),
      calls.person('nobody@example.org'),
    ]) {
      expect((await withdraw(first.case, token).expect(403)).body.code).toBe('forbidden');
    }
    await withdraw(first.case, service.token('other', ['decide'])).expect(404);
    await withdraw(first.case, service.token('other', ['read'])).expect(403);
    expect((await calls.caseOf(first.case)).seq).toBe(0);
  });

  it('is withdrawn once for one idempotency key', async () => {
    const first = await calls.decide(KEY, portal);
    const send = () => withdraw(first.case, portal).set('idempotency-key', 'w-1').expect(201);
    const [one, two] = [await send(), await send()];
    expect(two.body).toEqual(one.body);
    expect(two.headers['idempotency-replayed']).toBe('true');
  });

  it('tells a repeated call that it was withdrawn', async () => {
    const ask = () => calls.call('post', '/v1/decisions', portal).set('idempotency-key', 'ask-1').send(KEY).expect(201);
    const { body: first } = await ask();
    await withdraw(first.case, portal).expect(201);
    expect((await ask()).body.latest).toMatchObject({ id: first.id, outcome: 'deny', ended: 'withdrawal' });
  });

  it('cannot be withdrawn once it is granted', async () => {
    const granted = await calls.decide(exampleRequest('issue-api-key/allow-sandbox-key'), portal);
    expect((await withdraw(granted.case, portal).expect(409)).body.code).toBe('case_closed');
  });
});

describe('a request that nobody approves in time', () => {
  it('ends by itself, with a record, after the time that policy sets, or after seven days', async () => {
    const emergency = await calls.decide(EMERGENCY);
    const key = await calls.decide(KEY, portal);
    const askedAt = clocks.wall().getTime();
    expect(Date.parse(emergency.closes_at ?? '') - askedAt).toBeLessThanOrEqual(4 * HOUR_MS);
    expect(Date.parse(key.closes_at ?? '') - askedAt).toBeGreaterThan(6.9 * DAY_MS);

    clocks.advance(4 * 3600 + 1, 'seconds');
    expect((await calls.approve(emergency, 'jweber').expect(409)).body.code).toBe('case_closed');
    await vi.waitFor(async () => expect((await calls.caseOf(emergency.id)).outcome).toBe('deny'), { timeout: 30_000 });
    const [, expiry] = await recordsOf(emergency.id);
    expect(expiry).toMatchObject({
      statement: 'expiry',
      closes_at: emergency.closes_at,
      decision: { jti: emergency.id },
    });
    const story = explainCase(await recordsOf(emergency.id), new Date().toISOString());
    expect(story).toContain('ended without approval');
    expect(story).toContain('Outcome\n  expired without approval at ');
    expect(story).not.toContain('once allowed');
    expect((await calls.approve(emergency, 'jweber').expect(409)).body.detail).toBe(
      `The request expired: it was not approved before ${emergency.closes_at}.`,
    );
    expect((await calls.caseOf(key.id)).outcome).toBe('approval_required');

    clocks.advance(7, 'days');
    await vi.waitFor(async () => expect((await calls.caseOf(key.id)).outcome).toBe('deny'), { timeout: 30_000 });
  });
});

describe('approvals that expire while others are waited for', () => {
  it('are not shown as counting any more, and are asked for again', async () => {
    const first = await calls.decide(KEY, portal);
    const { body: waiting } = await calls.approve(first, 'pnair').expect(201);
    expect(waiting.next).toMatchObject([{ requirement: 'security', have: 0, need: 1 }]);
    const { approvals } = await calls.caseOf(first.id);
    clocks.advance((Date.parse(approvals[0].expires_at) - clocks.wall().getTime()) / 1000 + 1, 'seconds');

    const later = await calls.caseOf(first.id);
    expect(later.approvals).toMatchObject([{ counts: false, code: 'expired' }]);
    expect(later.next).toHaveLength(2);
    expect(later.as_of > later.approvals[0].expires_at).toBe(true);
    const answer = await calls.newest(first.id);
    expect(answer).toMatchObject({ not_counted: [{ code: 'expired' }], outcome: 'approval_required' });
    expect(answer.next).toHaveLength(2);
    const { body: again } = await calls.approve(answer, 'pnair').expect(201);
    expect(again.next).toMatchObject([{ requirement: 'security' }]);
  });
});
