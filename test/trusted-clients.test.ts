import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Answer } from '../src/contract/answer.ts';
import type { AccessRequest } from '../src/contract/request.ts';
import type { Scope } from '../src/contract/scope.ts';
import { exampleRequest, startService, temporaryDir } from './support/service.ts';

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url));
/** Of the tier high, which takes asserted verdicts. */
const HIGH = exampleRequest('issue-api-key/approval-production-key');
const EXEMPTION = exampleRequest('exempt-rotation-secret/allow-development-secret');

let service: Awaited<ReturnType<typeof startService>>;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

async function post(path: string, token: string, body: object): Promise<Answer> {
  const call = service.agent.post(path).set('authorization', `Bearer ${token}`).send(body);
  return (await call.expect(201)).body as Answer;
}

/** A client that opens a case for Sofia, and can hand in what others decided. */
function opener(client: string, principal: string | null = null) {
  const token = service.token(client, ['decide', 'approve:assert'] satisfies Scope[], principal);
  return {
    decide: (request: AccessRequest) => post('/v1/decisions', token, request),
    assert: (seen: Answer, approver: string, verdict: 'approve' | 'reject') =>
      post(`/v1/cases/${seen.case}/approvals`, token, { approver, verdict, seen: seen.id }),
  };
}

const naming = (request: AccessRequest, requestedBy: string): AccessRequest => ({
  ...request,
  context: { ...request.context, requested_by: requestedBy },
});
const codes = (found: readonly { code: string }[]) => found.map(({ code }) => code);

describe('verdicts that a client asserts in a case that it opened itself', () => {
  it('do not count above medium: two approvals are no allow', async () => {
    const portal = opener('portal');
    const first = await portal.decide(HIGH);
    expect(first).toMatchObject({ outcome: 'approval_required', tier: 'high' });
    const second = await portal.assert(first, 'pnair', 'approve');
    const third = await portal.assert(second, 'kmensah', 'approve');
    expect(third.outcome).toBe('approval_required');
    expect(codes(third.not_counted)).toEqual(['asserted_by_opener', 'asserted_by_opener']);
  });

  it('do not count above medium where they are rejects', async () => {
    const portal = opener('portal');
    const answer = await portal.assert(await portal.decide(HIGH), 'kmensah', 'reject');
    expect(answer.outcome).toBe('approval_required');
    expect(codes(answer.not_counted)).toEqual(['asserted_by_opener']);
  });

  it('count where data name the client as a system of record', async () => {
    const itsm = opener('servicenow');
    const second = await itsm.assert(await itsm.decide(HIGH), 'pnair', 'approve');
    expect((await itsm.assert(second, 'kmensah', 'approve')).outcome).toBe('allow');
  });

  it('count up to medium', async () => {
    const portal = opener('portal');
    const { subject, action, context } = HIGH;
    const resource = { type: 'api_key', id: 'storefront-web/staging' };
    const writing = { ...context, scopes: ['catalogue:write'] };
    const first = await portal.decide({ subject, action, resource, context: writing });
    expect(first).toMatchObject({ outcome: 'approval_required', tier: 'medium' });
    expect((await portal.assert(first, 'pnair', 'approve')).outcome).toBe('allow');
  });
});

describe('a requester that a client names', () => {
  it.each([
    ['denies above medium', 'portal', null, 'mei.tanaka', ['requester_unverified']],
    [
      'denies above medium where the token is of somebody else',
      'portal',
      'srossi',
      'mtanaka',
      ['requester_unverified'],
    ],
    ['is taken of a client that vouches', 'servicenow', null, 'mei.tanaka', []],
    ['is taken where it is the person of the token', 'portal', 'mtanaka', 'mei.tanaka@larkfield.example', []],
  ])('%s', async (_what, client, principal, requestedBy, denials) => {
    const answer = await opener(client, principal).decide(naming(HIGH, requestedBy));
    expect(answer.tier).toBe('high');
    expect(codes(answer.denials)).toEqual(denials);
  });

  it('is taken of any client at the lowest tier', async () => {
    const answer = await opener('portal').decide(naming(exampleRequest('issue-api-key/allow-sandbox-key'), 'srossi'));
    expect(answer).toMatchObject({ outcome: 'allow', tier: 'low' });
  });

  it('ends `countersign decide` with 1 and a sentence', async () => {
    const folder = temporaryDir('trusted');
    writeFileSync(join(folder, 'request.json'), JSON.stringify(naming(HIGH, 'mei.tanaka')));
    writeFileSync(join(folder, 'token'), service.token('portal', ['decide']), { mode: 0o600 });
    const env = { ...process.env, COUNTERSIGN_URL: service.url, COUNTERSIGN_TOKEN_FILE: join(folder, 'token') };
    const { code, stdout } = await new Promise<{ code: unknown; stdout: string }>((resolve) => {
      execFile(process.execPath, [MAIN, 'decide', join(folder, 'request.json')], { env }, (error, out) =>
        resolve({ code: error?.code ?? 0, stdout: out }),
      );
    });
    expect(code).toBe(1);
    expect(stdout).toContain('the calling client may not name the requester (requested_by)');
  });
});

describe('the end that an exemption states', () => {
  const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString();
  const ending = (endsAt: string) =>
    opener('vault', 'luis.ortega').decide({ ...EXEMPTION, context: { ...EXEMPTION.context, ends_at: endsAt } });

  it.each([
    ['in UTC', inDays(10)],
    ['in lower case', inDays(10).toLowerCase()],
    ['with an offset', inDays(10).replace('Z', '+05:30')],
    ['with another offset', inDays(10).replace('Z', '-08:00')],
    ['without a fraction', inDays(10).replace(/\.\d+Z/, 'Z')],
    ['with a long fraction', inDays(10).replace('Z', '000000000Z')],
  ])('is taken %s', async (_form, endsAt) => {
    expect(codes((await ending(endsAt)).denials)).toEqual([]);
  });

  it.each([
    ['that does not exist', 'end_invalid', '2027-02-29T12:00:00Z'],
    ['without an offset', 'end_invalid', inDays(10).replace('Z', '')],
    ['with a blank for the T', 'end_invalid', inDays(10).replace('T', ' ')],
    ['with an offset that does not exist', 'end_invalid', inDays(10).replace('Z', '+24:00')],
    ['before all clocks', 'end_passed', '1066-10-14T09:00:00Z'],
    ['beyond all clocks', 'end_too_late', '9999-12-31T23:59:59Z'],
  ])('is denied %s (%s)', async (_what, code, endsAt) => {
    expect(codes((await ending(endsAt)).denials)).toEqual([code]);
  });
});
