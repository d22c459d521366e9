import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Answer } from '../src/contract/answer.ts';
import { callsOf } from './support/calls.ts';
import { testClocks } from './support/clocks.ts';
import { exampleRequest, startService } from './support/service.ts';
import { fileWith, runVerify } from './support/verify-command.ts';

type Page = Record<string, unknown> & {
  grant_status: Record<string, unknown>;
  chain: { id: string; seq: number; record: string }[];
};

const INSTANT = '2030-01-01T00:00:00.000Z';
const STRANGER = '019aab00-0000-7000-8000-000000000001';

let service: Awaited<ReturnType<typeof startService>>;
let jwks: string;
let auditor: string;
/** The first answer of a case that waits, and its page with two verdicts. */
let answer: Answer;
let open: Page;
let granted: Page;
let revoked: Page;
let withdrawn: Page;
let issuance: Record<string, unknown>;
let revocation: Record<string, unknown>;
let withdrawal: Record<string, unknown>;

const post = async (path: string, token: string, body: object, key = crypto.randomUUID()) =>
  (
    await service.agent
      .post(path)
      .set({ Authorization: `Bearer ${token}`, 'Idempotency-Key': key })
      .send(body)
      .expect(201)
  ).body;
const get = async (path: string, type = 'application/json') =>
  service.agent
    .get(path)
    .set({ Authorization: `Bearer ${auditor}`, Accept: type })
    .expect(200);
const page = async (id: string, query = '') => (await get(`/v1/cases/${id}${query}`)).body as Page;

beforeAll(async () => {
  service = await startService();
  jwks = fileWith('jwks.json', service.keyring.jwks);
  auditor = service.token('audit', ['read']);
  const portal = service.token('portal', ['decide']);
  const reviewer = service.token('console', ['read', 'review', 'revoke'], 'iduarte');
  const gatherer = service.token('itsm', ['read', 'approve:assert']);
  const pending = exampleRequest('issue-api-key/approval-restricted-key');
  const sandbox = exampleRequest('issue-api-key/allow-sandbox-key');

  answer = await post('/v1/decisions', portal, pending);
  for (const approver of ['lortega', 'aokafor']) {
    await post(`/v1/cases/${answer.id}/approvals`, gatherer, { approver, verdict: 'approve', seen: answer.id });
  }
  open = await page(answer.id);

  const first: Answer = await post('/v1/decisions', portal, sandbox);
  const late = new Date(Date.parse(first.expires_at ?? '') + 1000).toISOString();
  const credential = { issuer: 'vault', credential_ref: 'accessor/1', expires_at: late };
  issuance = await post(`/v1/cases/${first.id}/issuances`, portal, credential);
  granted = await page(first.id);

  const second: Answer = await post('/v1/decisions', portal, sandbox);
  revocation = await post(`/v1/cases/${second.id}/revocations`, reviewer, { reason: 'the project ended' });
  revoked = await page(second.id);

  const third: Answer = await post('/v1/decisions', portal, pending);
  withdrawal = await post(`/v1/cases/${third.id}/withdrawals`, portal, { reason: 'not needed' });
  withdrawn = await page(third.id);
});
afterAll(() => service.stop());

const verify = (value: unknown) => runVerify(['-', '--jwks', jwks], JSON.stringify(value));

describe('what the service answers', () => {
  it.each<[string, () => object, RegExp]>([
    ['an open case', () => open, /^valid: approval_required/],
    ['a grant', () => granted, /^valid: allow .* issuance at/],
    ['a revoked grant', () => revoked, /^valid: allow .* revoked/],
    ['a case that was withdrawn', () => withdrawn, /^valid: approval_required .* withdrawal at/],
    ['an answer', () => answer, /^valid: approval_required/],
    ['an issuance', () => issuance, /^valid: issue\/api_key; issuance at/],
    ['a revocation', () => revocation, /^valid: issue\/api_key; revocation at/],
    ['a withdrawal', () => withdrawal, /^valid: issue\/api_key; withdrawal at/],
  ])('verifies: %s', async (_what, value, words) => {
    expect(await verify(value())).toMatchObject({ code: 0, err: '', out: expect.stringMatching(words) });
  });
});

describe('a wrapper that lies', () => {
  it.each<[string, () => Page, object]>([
    ['seq', () => open, { seq: 3 }],
    ['seq', () => open, { seq: 1 }],
    ['outcome', () => open, { outcome: 'allow' }],
    ['tier', () => open, { tier: 'low' }],
    ['at', () => open, { at: INSTANT }],
    ['expires_at', () => open, { expires_at: INSTANT }],
    ['closes_at', () => open, { closes_at: INSTANT }],
    ['next', () => open, { next: [] }],
    ['confirmation_needed', () => open, { confirmation_needed: true }],
    ['approvals', () => open, { approvals: [] }],
    ['grant_status', () => open, { grant_status: { state: 'active', expires_at: INSTANT } }],
    ['latest', () => open, { latest: STRANGER }],
    ['case', () => open, { case: STRANGER }],
    ['kind', () => open, { kind: 'issue/secret' }],
    ['as_of', () => open, { as_of: '2020-01-01T00:00:00.000Z' }],
    ['as_of', () => open, { as_of: 'tomorrow' }],
    ['next_after', () => open, { next_after: 2 }],
    ['next_after', () => open, { next_after: 1, seq: 7 }],
    ['grant_status.state', () => granted, { grant_status: 'state active' }],
    ['grant_status.review_reason', () => granted, { grant_status: 'review_reason null' }],
    ['outcome', () => granted, { outcome: 'deny' }],
    ['grant_status', () => granted, { grant_status: null }],
    ['outcome', () => withdrawn, { outcome: 'approval_required' }],
    ['closes_at', () => withdrawn, { closes_at: INSTANT }],
  ])('about the %s of a case is not valid', async (member, honest, lie) => {
    const value = structuredClone(honest());
    Object.assign(value, lie);
    if (typeof value.grant_status === 'string') {
      const [name = '', said] = (value.grant_status as string).split(' ');
      value.grant_status = { ...honest().grant_status, [name]: said === 'null' ? null : said };
    }
    const { code, out, err } = await verify(value);
    expect({ code, out, err }).toMatchObject({ code: 1, out: '' });
    expect(err).toContain('NOT VALID');
    expect(err).toMatch(new RegExp(`\\b${member.replace('.', '\\.')}\\b`));
    // Each message names the newest record that the page has.
    expect(err).toContain(honest().chain.at(-1)?.id);
  });

  it('about the state of a grant is not valid at the instant that it names', async () => {
    for (const state of ['active', 'overdue', 'expired', 'revoked']) {
      expect(await verify({ ...granted, grant_status: { ...granted.grant_status, state } })).toMatchObject({ code: 1 });
    }
    const over = {
      ...granted,
      as_of: '2999-01-01T00:00:00.000Z',
      grant_status: { ...granted.grant_status, state: 'expired' },
    };
    expect(await verify(over)).toMatchObject({ code: 0 });
    for (const state of ['active', 'expired']) {
      expect(await verify({ ...revoked, grant_status: { ...revoked.grant_status, state } })).toMatchObject({ code: 1 });
    }
  });

  it('about the links of its chain is not valid', async () => {
    const [first, second, third] = open.chain;
    for (const chain of [
      [first, second, { ...third, seq: 5 }],
      [first, { ...second, id: STRANGER }, third],
      [second, first, third],
      [first, first, second, third],
    ]) {
      expect(await verify({ ...open, chain })).toMatchObject({ code: 1, err: expect.stringMatching(/chain/) });
    }
  });

  it.each<[string, () => object, object]>([
    ['id', () => answer, { id: STRANGER }],
    ['outcome', () => answer, { outcome: 'allow' }],
    ['next', () => answer, { next: [] }],
    ['not_counted', () => answer, { not_counted: [{ approval: STRANGER, approver: 'x', code: 'expired' }] }],
    ['closes_at', () => answer, { closes_at: null }],
    ['lifetime_cut', () => answer, { lifetime_cut: { requested_seconds: 9, given_seconds: 1 } }],
    ['confirmation_needed', () => answer, { confirmation_needed: true }],
    ['grant_state', () => revocation, { grant_state: 'active' }],
    ['review_reason', () => issuance, { review_reason: null }],
    ['expires_at', () => issuance, { expires_at: INSTANT }],
    ['statement', () => issuance, { statement: 'review' }],
    ['outcome', () => withdrawal, { outcome: 'allow' }],
    ['statement', () => withdrawal, { statement: 'expiry' }],
  ])('about the %s of an answer is not valid', async (member, honest, lie) => {
    const { code, err } = await verify({ ...honest(), ...lie });
    expect({ code, err }).toMatchObject({ code: 1, err: expect.stringMatching(new RegExp(`\\b${member}\\b`)) });
    expect(err).toContain((honest() as Answer).id);
  });

  it('about where the case stands now is not valid as far as records can tell', async () => {
    const latest = { id: answer.id, seq: 0, outcome: 'approval_required', ended: null, grant_state: null };
    const check = (lie: object) => verify({ ...answer, latest: { ...latest, ...lie } });
    expect((await check({})).code).toBe(0);
    for (const lie of [
      { seq: 4 },
      { outcome: 'allow' },
      { grant_state: 'active' },
      { outcome: 'deny' },
      { ended: 'expiry' },
      { id: STRANGER, seq: 0 },
    ]) {
      expect(await check(lie)).toMatchObject({ code: 1, err: expect.stringContaining('latest') });
    }
    const withdrawnNow = await check({ outcome: 'deny', ended: 'withdrawal' });
    expect(withdrawnNow).toMatchObject({ code: 0, out: expect.stringMatching(/ignored: .*latest\.ended/) });
    const first = { ...(await get(`/v1/decisions/${revoked['case']}`)).body, latest: { id: revoked['case'], seq: 0 } };
    for (const [grant, code] of [
      ['revoked', 0],
      ['active', 1],
    ] as const) {
      const told = {
        ...first,
        latest: { ...first.latest, outcome: 'allow', ended: null, grant_state: grant },
        as_of: INSTANT,
      };
      expect(await verify([revoked, told])).toMatchObject({
        code,
        err: code === 0 ? '' : expect.stringMatching(/latest\.grant_state/),
      });
    }
    const later = await check({ id: STRANGER, seq: 2, outcome: 'allow', grant_state: 'active' });
    expect(later).toMatchObject({ code: 0, out: expect.stringMatching(/not signed, ignored: summary, .*latest/) });
  });
});

describe('what no record can tell', () => {
  it('is ignored by name: what the service words, what is unknown, and the head of a case that goes on', async () => {
    expect((await verify({ ...answer, client: 'portal' })).out).toMatch(/not signed, ignored: .*summary.*client/);
    expect((await verify({ ...open, client: 'portal' })).out).toMatch(/not signed, ignored: .*client/);
    const [first, ...rest] = open.chain;
    const odd = { ...open, chain: [{ ...first, signed_by: 'me' }, ...rest], constructor: 'x', toString: null };
    expect(await verify(odd)).toMatchObject({
      code: 0,
      out: expect.stringMatching(/ignored: constructor, toString, signed_by of chain link 0/),
    });
    expect((await verify(issuance)).out).toMatch(/not signed, ignored: grant_state/);
    const some = await page(answer.id, '?limit=2');
    const { code, out } = await verify({ ...some, outcome: 'allow', latest: STRANGER, expires_at: INSTANT });
    expect(code).toBe(0);
    expect(out).toMatch(/not signed, ignored: outcome, tier, seq, latest, at, expires_at, .*approvals, grant/);
    expect(out).toContain('says that the case goes on to seq 2: record 2 was not given');
    expect(await verify({ ...some, seq: 1 })).toMatchObject({ code: 1, err: expect.stringMatching(/seq/) });
  });

  it('is told of the beginning', async () => {
    const { out } = await verify(await page(answer.id, '?after=1'));
    expect(out).toMatch(/^valid: .*seq 2 to 2, beginning not seen/);
    expect(out).toContain('begins at seq 2: records 0 to 1 were not given');
    const answers = [open.chain[1], open.chain[2]].map((link) => link?.record).join('\n');
    expect((await runVerify(['-', '--jwks', jwks], answers)).out).toContain('begins at seq 1: record 0 was not given');
  });

  it('is derived for a page where another file brings the rest', async () => {
    const first = fileWith('first.json', { ...(await page(answer.id, '?limit=2')), outcome: 'allow' });
    const second = fileWith('second.json', await page(answer.id, '?after=1'));
    const { code, err } = await runVerify([first, second, '--jwks', jwks]);
    expect(code).toBe(1);
    expect(err).toMatch(/first\.json.*: outcome/);
  });

  it('contains nothing that is signed: pages and exports of a search, and a page without records', async () => {
    for (const [path, type] of [
      ['/v1/cases', 'application/json'],
      ['/v1/grants', 'application/json'],
      ['/v1/cases', 'application/x-ndjson'],
    ] as const) {
      const { text } = await get(path, type).then((found) => ({
        text: type === 'application/json' ? JSON.stringify(found.body) : String(found.text ?? found.body),
      }));
      const { code, err } = await runVerify(['-', '--jwks', jwks], text);
      expect(code).toBe(1);
      expect(err).toMatch(/NOT VALID: standard input.*contains no records of/);
    }
    expect(await verify(await page(answer.id, '?after=9'))).toMatchObject({
      code: 1,
      err: expect.stringMatching(/contains no signed record/),
    });
  });
});

describe('a case that nobody approved in time', () => {
  it('verifies with its end, told in words, and its lies do not', async () => {
    const clocks = testClocks();
    const other = await startService({}, { clocks });
    const { decide, caseOf } = callsOf(other);
    const { id, closes_at } = await decide(exampleRequest('issue-api-key/approval-restricted-key'));
    clocks.advance(8, 'days');
    let ended = await caseOf(id);
    while (ended.outcome !== 'deny') {
      await new Promise((resolve) => setTimeout(resolve, 50));
      ended = await caseOf(id);
    }
    await other.stop();
    const keys = fileWith('other.json', other.keyring.jwks);
    const check = (lie: object) => runVerify(['-', '--jwks', keys], JSON.stringify({ ...ended, ...lie }));
    const told = await check({});
    expect(told).toMatchObject({ code: 0, out: expect.stringMatching(/^valid: approval_required .*; expiry at /) });
    expect(told.out).toContain(`seq 1: expiry, not approved before ${closes_at}; at `);
    for (const lie of [{ closes_at }, { outcome: 'approval_required' }, { next: [{}] }, { expires_at: INSTANT }]) {
      expect(await check(lie)).toMatchObject({ code: 1, err: expect.stringContaining(Object.keys(lie)[0] ?? '') });
    }
  });
});
