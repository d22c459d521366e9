import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { canonicalJson } from '../src/base/canonical-json.ts';
import { parseJwks } from '../src/base/jwks.ts';
import { signCompact } from '../src/base/jws.ts';
import type { Answer } from '../src/contract/answer.ts';
import type { GrantEvent } from '../src/contract/grant-event.ts';
import { RECORD_TYPE } from '../src/contract/record.ts';
import { explainCase } from '../src/domain/explanation.ts';
import { callsOf } from './support/calls.ts';
import { testClocks } from './support/clocks.ts';
import { changeCase, openDatabase } from './support/database.ts';
import { faultsIn, jwsListIn, verifyRecords } from './support/records.ts';
import { exampleRequest, startService } from './support/service.ts';

/** A payload of any kind, to be changed. */
interface Forgeable {
  statement: string;
  jti: string;
  iat: number;
  seq: number;
  previous: { jti: string; digest: string } | null;
  grant: { jti: string; digest: string };
  standing: object;
}
const ISSUANCE = { issuer: 'vault', credential_ref: 'x', expires_at: '2999-01-01T00:00:00.000Z' };

/** Allowed at once, for mei.tanaka. */
const REQUEST = exampleRequest('issue-api-key/allow-sandbox-key');

let service: Awaited<ReturnType<typeof startService>>;
let portal: string;
let reviewer: string;
let auditor: string;
beforeAll(async () => {
  service = await startService({ COUNTERSIGN_RATE_LIMIT_PER_MINUTE: '100000' });
  portal = service.token('portal', ['decide']);
  reviewer = service.token('console', ['read', 'review', 'revoke'], 'iduarte');
  auditor = service.token('audit', ['read']);
});
afterAll(() => service.stop());

const post = (path: string, token: string, body: object, key?: string) => {
  const call = service.agent.post(path).set('Authorization', `Bearer ${token}`);
  return (key === undefined ? call : call.set('Idempotency-Key', key)).send(body);
};
const get = (path: string, token = auditor) => service.agent.get(path).set('Authorization', `Bearer ${token}`);
const grant = async (request = REQUEST): Promise<Answer> => {
  const { body } = await post('/v1/decisions', portal, request).expect(201);
  expect(body.outcome).toBe('allow');
  return body;
};
const payload = (jws: string) => JSON.parse(Buffer.from(jws.split('.')[1] ?? '', 'base64url').toString()) as GrantEvent;
const statesOf = async (caseId: string) => {
  const found = [];
  for (const state of ['active', 'due', 'overdue', 'expired', 'revoked']) {
    const { body } = await get(`/v1/grants?state=${state}`).expect(200);
    if (body.cases.some((each: { case: string }) => each.case === caseId)) found.push(state);
  }
  return found;
};
const inSeconds = (count: number) => new Date(Date.now() + count * 1000).toISOString();

describe('a review', () => {
  it('that keeps a grant is a record of who, when, under which policy', async () => {
    const { id } = await grant();
    const { body, headers } = await post(`/v1/cases/${id}/reviews`, reviewer, { verdict: 'keep', comment: 'in use' });
    expect(body).toMatchObject({ case: id, statement: 'review', grant_state: 'active', review_reason: null });
    expect(headers['location']).toBe(`/v1/decisions/${body.id}`);
    expect(payload(body.record)).toMatchObject({
      statement: 'review',
      seq: 1,
      by: { identity: 'iduarte', person: 'ines.duarte' },
      caller: { client: 'console' },
      grant: { jti: id },
      review: { verdict: 'keep', comment: 'in use' },
      standing: { review: 'keep', revoked_at: null },
      policy: service.activation.status().ref,
    });
    expect((await get(`/v1/decisions/${body.id}`).expect(200)).body).toEqual(body);
  });

  it('that revokes takes the grant back', async () => {
    const { id } = await grant();
    const { body } = await post(`/v1/cases/${id}/reviews`, reviewer, { verdict: 'revoke' });
    expect(body.grant_state).toBe('revoked');
    expect(await statesOf(id)).toEqual(['revoked']);
  });

  it.each([
    ['of nobody', () => service.token('console', ['read', 'review']), 422, 'person_missing'],
    ['of a stranger', () => service.token('console', ['read', 'review'], 'stranger'), 422, 'person_missing'],
    [
      'of whom it was granted to',
      () => service.token('console', ['read', 'review'], 'mei.tanaka@larkfield.example'),
      403,
      'own_grant',
    ],
    ['without the scope', () => service.token('console', ['read', 'approve'], 'iduarte'), 403, 'forbidden'],
    ['from another client', () => service.token('other', ['review'], 'iduarte'), 404, 'not_found'],
  ])('%s is refused, and nothing is kept', async (_who, token, status, code) => {
    const { id } = await grant();
    const { body } = await post(`/v1/cases/${id}/reviews`, token(), { verdict: 'keep' }).expect(status);
    expect(body.code).toBe(code);
    expect((await get(`/v1/cases/${id}`)).body.chain).toHaveLength(1);
  });

  it('of emergency access while it goes on does not stand in for the one afterwards', async () => {
    const { id } = await grant(exampleRequest('emergency-access-secret/allow-development-secret'));
    const owed = (await get(`/v1/cases/${id}`)).body.grant_status.review_by;
    const { body } = await post(`/v1/cases/${id}/reviews`, reviewer, { verdict: 'keep' }).expect(201);
    expect(body.review_by).toBe(owed);
    expect(payload(body.record).standing.review).toBeNull();
  });

  it('of who has left is refused', async () => {
    const { id } = await grant();
    const left = service.token('console', ['read', 'review'], 'fbaum');
    expect((await post(`/v1/cases/${id}/reviews`, left, { verdict: 'keep' }).expect(422)).body.code).toBe(
      'person_missing',
    );
  });

  it('read again says how the grant stands now', async () => {
    const { id } = await grant();
    const { body: review } = await post(`/v1/cases/${id}/reviews`, reviewer, { verdict: 'keep' }, 'k').expect(201);
    await post(`/v1/cases/${id}/revocations`, reviewer, { reason: 'over' }).expect(201);
    const { body: replayed } = await post(`/v1/cases/${id}/reviews`, reviewer, { verdict: 'keep' }, 'k').expect(201);
    expect([review.grant_state, replayed.grant_state]).toEqual(['active', 'revoked']);
    expect((await get(`/v1/decisions/${review.id}`)).body.grant_state).toBe('revoked');
  });

  it('is not built on a row that says something else than the records', async () => {
    const { id } = await grant();
    const expires_at = (await service.store.caseHead(id))?.expires_at ?? null;
    changeCase(service.config.dataDir, id, { expires_at: '2999-01-01T00:00:00.000Z' });
    await post(`/v1/cases/${id}/reviews`, reviewer, { verdict: 'keep' }).expect(500);
    await get(`/v1/cases/${id}`).expect(500);
    changeCase(service.config.dataDir, id, { expires_at });
    await post(`/v1/cases/${id}/reviews`, reviewer, { verdict: 'keep' }).expect(201);
  });

  it('is not built on a row that somebody else wrote', async () => {
    const { id } = await grant();
    const db = openDatabase(service.config.dataDir);
    const change = db.prepare('UPDATE cases SET review_by = ? WHERE id = ?');
    const reviewBy = (await service.store.caseHead(id))?.review_by ?? null;
    change.run('2999-01-01T00:00:00.000Z', id);
    const { body } = await post(`/v1/cases/${id}/reviews`, reviewer, { verdict: 'keep' }).expect(500);
    expect(body.code).toBe('internal');
    await get(`/v1/cases/${id}`).expect(500);
    await get('/v1/grants').expect(500);
    change.run(reviewBy, id);
    db.close();
    await get(`/v1/cases/${id}`).expect(200);
  });

  it('of what was not granted is refused', async () => {
    const pending = exampleRequest('issue-api-key/approval-production-key');
    const { body } = await post('/v1/decisions', portal, pending).expect(201);
    const { body: problem } = await post(`/v1/cases/${body.id}/reviews`, reviewer, { verdict: 'keep' }).expect(409);
    expect(problem.code).toBe('case_not_granted');
  });
});

describe('a revocation', () => {
  it('is for ever: nothing follows on it, and a replay of the decision says so', async () => {
    const request = { ...REQUEST, context: { ...REQUEST.context, ticket: 'REV-1' } };
    const { body: first } = await post('/v1/decisions', portal, request, 'rev-1').expect(201);
    const { body } = await post(`/v1/cases/${first.id}/revocations`, reviewer, { reason: 'left the team' }).expect(201);
    expect(body).toMatchObject({ statement: 'revocation', grant_state: 'revoked' });
    for (const [path, token, next] of [
      ['revocations', reviewer, { reason: 'again' }],
      ['reviews', reviewer, { verdict: 'keep' }],
      ['issuances', portal, { issuer: 'vault', credential_ref: 'x', expires_at: inSeconds(60) }],
    ] as const) {
      const { body: problem } = await post(`/v1/cases/${first.id}/${path}`, token, next).expect(409);
      expect(problem.code).toBe('grant_over');
    }
    const { body: replay } = await post('/v1/decisions', portal, request, 'rev-1').expect(201);
    expect(replay.latest).toEqual({ id: first.id, seq: 0, outcome: 'allow', ended: null, grant_state: 'revoked' });
    expect((await get(`/v1/cases/${first.id}`)).body.grant_status).toMatchObject({ state: 'revoked' });
  });

  it('leaves a review that is owed to be given, which does not bring the grant back', async () => {
    const { id } = await grant(exampleRequest('emergency-access-secret/allow-development-secret'));
    await post(`/v1/cases/${id}/revocations`, reviewer, { reason: 'over' }).expect(201);
    const { body } = await post(`/v1/cases/${id}/reviews`, reviewer, { verdict: 'keep', comment: 'was used well' });
    expect(body).toMatchObject({ statement: 'review', grant_state: 'revoked', review_by: null });
    expect(faultsIn((await get(`/v1/cases/${id}`)).body, parseJwks(service.keyring.jwks))).toEqual([]);
    await post(`/v1/cases/${id}/reviews`, reviewer, { verdict: 'keep' }).expect(409);
  });

  it('wants a reason', async () => {
    const { id } = await grant();
    for (const body of [{}, { reason: '' }, { reason: '  ' }]) {
      await post(`/v1/cases/${id}/revocations`, reviewer, body).expect(422);
    }
  });

  it('with the same idempotency key is one record', async () => {
    const { id } = await grant();
    const calls = Array.from({ length: 5 }, () =>
      post(`/v1/cases/${id}/revocations`, reviewer, { reason: 'once' }, 'key'),
    );
    const answers = await Promise.all(calls);
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 201, 201, 201]);
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
    expect((await get(`/v1/cases/${id}`)).body.seq).toBe(1);
  });

  it('and a review at the same time follow one on the other, or one is refused', async () => {
    const { id } = await grant();
    const [one, other] = await Promise.all([
      post(`/v1/cases/${id}/reviews`, reviewer, { verdict: 'keep' }),
      post(`/v1/cases/${id}/revocations`, reviewer, { reason: 'now' }),
    ]);
    expect(other.status).toBe(201);
    expect([201, 409]).toContain(one.status);
    const { body } = await get(`/v1/cases/${id}`);
    const { records } = verifyRecords(jwsListIn(body), parseJwks(service.keyring.jwks));
    expect(records.at(-1)?.statement).toBe('revocation');
  });
});

describe('an issuance', () => {
  const issuance = { issuer: 'vault', credential_ref: 'accessor/8f2', expires_at: inSeconds(60) };

  it('tells which credential the grant led to, for the person whose grant it is', async () => {
    const { id } = await grant();
    const { body } = await post(`/v1/cases/${id}/issuances`, portal, issuance).expect(201);
    expect(body).toMatchObject({ statement: 'issuance', grant_state: 'active', review_reason: null });
    expect(payload(body.record)).toMatchObject({
      by: { person: 'mei.tanaka' },
      caller: { client: 'portal' },
      issuance,
    });
  });

  it('that outlives its grant makes it due, until somebody reviews it', async () => {
    const { id, expires_at } = await grant();
    const late = new Date(Date.parse(expires_at ?? '') + 1).toISOString();
    const { body } = await post(`/v1/cases/${id}/issuances`, portal, { ...issuance, expires_at: late }).expect(201);
    expect(body).toMatchObject({ grant_state: 'due', review_reason: 'credential_outlives_grant' });
    expect(await statesOf(id)).toEqual(['due']);
    await post(`/v1/cases/${id}/reviews`, reviewer, { verdict: 'keep', comment: 'shortened' }).expect(201);
    expect(await statesOf(id)).toEqual(['active']);
  });

  it('leaves room to take the grant back, however many there are', async () => {
    const { id } = await grant();
    for (let sent = 0; sent < 511; sent += 73) {
      const calls = Array.from({ length: 73 }, () => post(`/v1/cases/${id}/issuances`, portal, issuance));
      for (const { status } of await Promise.all(calls)) expect(status).toBe(201);
    }
    expect((await post(`/v1/cases/${id}/issuances`, portal, issuance).expect(409)).body.code).toBe('case_full');
    await post(`/v1/cases/${id}/reviews`, reviewer, { verdict: 'keep' }).expect(409);
    await post(`/v1/cases/${id}/revocations`, reviewer, { reason: 'too many' }).expect(201);
  }, 60_000);

  it('is the business of the client that asked', async () => {
    const { id } = await grant();
    const other = service.token('other', ['decide', 'read']);
    await post(`/v1/cases/${id}/issuances`, other, issuance).expect(403);
  });

  it.each([
    ['2999-01-01T00:00:00Z', '2999-01-01T00:00:00.000Z'],
    ['2999-01-01t01:30:00.1234567+01:30', '2999-01-01T00:00:00.123Z'],
  ])('takes the end %s, and signs it as %s', async (said, kept) => {
    const { id } = await grant();
    const key = `end-${said}`;
    const send = (expires_at: string) => post(`/v1/cases/${id}/issuances`, portal, { ...issuance, expires_at }, key);
    const { body } = await send(said).expect(201);
    expect(payload(body.record)).toMatchObject({ issuance: { ...issuance, expires_at: kept } });
    expect((await send(kept).expect(201)).body.id).toBe(body.id); // The same instant is the same body.
  });

  it.each([
    ['no issuer', { ...issuance, issuer: '' }],
    ['a line break in the reference', { ...issuance, credential_ref: 'a\nb' }],
    ['a local time', { ...issuance, expires_at: '2026-11-22T12:00:00' }],
    ['an end that is over', { ...issuance, expires_at: '2020-01-01T00:00:00.000Z' }],
    ['more than is asked', { ...issuance, secret: 'hunter2' }],
  ])('with %s is refused', async (_what, body) => {
    const { id } = await grant();
    await post(`/v1/cases/${id}/issuances`, portal, body).expect(422);
  });
});

describe('a case with all that followed', () => {
  it('verifies offline, and is told as a story; tampering shows', async () => {
    const { id, expires_at } = await grant();
    const late = new Date(Date.parse(expires_at ?? '') + 1000).toISOString();
    const steps = [
      ['issuances', portal, { issuer: 'vault', credential_ref: 'accessor/1', expires_at: late }],
      ['reviews', reviewer, { verdict: 'keep', comment: 'needed' }],
      ['revocations', reviewer, { reason: 'project ended' }],
    ] as const;
    for (const [path, token, body] of steps) await post(`/v1/cases/${id}/${path}`, token, body).expect(201);
    const { body } = await get(`/v1/cases/${id}`);
    const keys = parseJwks(service.keyring.jwks);
    const jwsList = jwsListIn(body);
    const verified = verifyRecords(jwsList, keys);
    expect(faultsIn(body, keys)).toEqual([]);
    expect(verified.records.map(({ statement }) => statement)).toEqual([
      'decision',
      'issuance',
      'review',
      'revocation',
    ]);
    const story = explainCase(verified.records, new Date().toISOString());
    expect(story).toContain('was allowed, and was revoked');
    expect(story).toContain('vault issued accessor/1');
    expect(story).toContain('iduarte (ines.duarte) reviewed it: keep');
    expect(story).toContain('reason: "project ended"');

    for (const lie of [{ revoked_at: null }, { state: 'active' }, { state: 'expired' }]) {
      const faults = faultsIn({ ...body, grant_status: { ...body.grant_status, ...lie } }, keys);
      expect(faults).toEqual([expect.stringMatching(`differs from its record .*: grant_status.${Object.keys(lie)}`)]);
    }
    expect(faultsIn({ ...body, grant_status: null }, keys)).toEqual([
      expect.stringMatching(/differs from its record .*: grant_status\./),
    ]);
    const [decision, , review, revocation] = jwsList as [string, string, string, string];
    expect(() => verifyRecords([decision, review, revocation], keys)).toThrow(/does not follow seq/);
  });
});

describe('a chain that the key of the service signed, and that cannot be', () => {
  let jwsList: string[];
  beforeAll(async () => {
    const request = exampleRequest('emergency-access-secret/allow-development-secret');
    const { id } = await grant(request);
    await post(`/v1/cases/${id}/revocations`, reviewer, { reason: 'over' }).expect(201);
    await post(`/v1/cases/${id}/reviews`, reviewer, { verdict: 'keep' }).expect(201);
    jwsList = jwsListIn((await get(`/v1/cases/${id}`)).body);
  });

  it.each<[string, RegExp, (next: Forgeable, chain: Forgeable[]) => void]>([
    ['undoes a revocation', /revoked/, ({ standing }) => Object.assign(standing, { revoked_at: null })],
    [
      'lengthens the grant',
      /another end/,
      ({ standing }) => Object.assign(standing, { expires_at: '2999-01-01T00:00:00.000Z' }),
    ],
    [
      'issues after a revocation',
      /revoked/,
      (next) => Object.assign(next, { statement: 'issuance', issuance: ISSUANCE }),
    ],
    [
      'names another grant',
      /does not name the decision/,
      ({ grant: of }, [first]) =>
        Object.assign(of, { jti: first?.previous?.jti ?? of.jti, digest: `sha256:${'0'.repeat(64)}` }),
    ],
    [
      'decides again what was decided',
      /decides a case that was already decided/,
      (next, [first]) => {
        const { seq, previous, jti, iat } = next;
        for (const name of Object.keys(next)) Reflect.deleteProperty(next, name);
        Object.assign(next, first, { seq, previous, jti, iat });
      },
    ],
  ])('because it %s, does not verify', async (_what, why, change) => {
    const keys = parseJwks(service.keyring.jwks);
    expect(verifyRecords(jwsList, keys).records).toHaveLength(3);
    const chain = jwsList.map((jws) => payload(jws) as unknown as Forgeable);
    const next = chain[2] as Forgeable;
    change(next, chain);
    if (next.statement === 'issuance') delete (next as { review?: unknown }).review;
    const forged = signCompact(canonicalJson(next), service.keyring.active, RECORD_TYPE);
    expect(() => verifyRecords([...jwsList.slice(0, 2), forged], keys)).toThrow(why);
  });
});

describe('GET /v1/grants', () => {
  it('finds grants by what they are about too, and nothing that is no grant', async () => {
    const { id } = await grant();
    const query = 'subject=mei.tanaka@larkfield.example&kind=issue/api_key&state=active';
    const { body } = await get(`/v1/grants?${query}`).expect(200);
    expect(body.cases[0]).toMatchObject({ case: id, outcome: 'allow', grant_status: { state: 'active' } });
    const { body: all } = await get('/v1/grants').expect(200);
    expect(new Set(all.cases.map(({ outcome }: Answer) => outcome))).toEqual(new Set(['allow']));
    await get('/v1/grants?state=open').expect(422);
    await get('/v1/grants?outcome=deny').expect(422);
  });

  it('tells grants that are overdue and over, by the time of the question', async () => {
    const { id } = await grant();
    const past = '2026-01-01T00:00:00.000Z';
    for (const [changes, state] of [
      [{ review_by: past }, 'overdue'],
      [{ review_by: '2999-01-01T00:00:00.000Z' }, 'active'],
      [{ expires_at: past }, 'due'],
      [{ review_by: null }, 'expired'],
    ] as const) {
      changeCase(service.config.dataDir, id, changes);
      expect(await statesOf(id)).toEqual([state]);
    }
  });

  it('tells the same of a case as time goes on', async () => {
    const clocks = testClocks();
    const own = await startService({}, { clocks });
    const { decide, caseOf } = callsOf(own);
    const { id, expires_at, review_by } = await decide(
      exampleRequest('emergency-access-secret/allow-development-secret'),
    );
    const stateAfter = async (instant: string | null) => {
      if (instant !== null) clocks.advance((Date.parse(instant) - clocks.wall().getTime()) / 1000 + 1, 'seconds');
      return (await caseOf(id)).grant_status.state;
    };
    expect(await stateAfter(null)).toBe('active');
    expect(await stateAfter(expires_at)).toBe('due');
    expect(await stateAfter(review_by)).toBe('overdue');
    await own.stop();
  });
});
