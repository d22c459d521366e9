import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseJwks } from '../src/base/jwks.ts';
import type { GrantEvent } from '../src/contract/grant-event.ts';
import { bundleFile, bundleWith, type ShippedData } from './support/bundles.ts';
import { jwsListIn, verifyRecords } from './support/records.ts';
import { exampleRequest, startService } from './support/service.ts';

/** Somebody leaves the organisation. */
function leave({ people }: ShippedData['organisation'], person: string): void {
  Object.assign(people[person] ?? {}, { active: false });
}

let service: Awaited<ReturnType<typeof startService>>;
let shipped: Uint8Array;
let meiLeft: Uint8Array;
let priyaLeft: Uint8Array;
let admin: string;
const events: GrantEvent[] = [];
beforeAll(async () => {
  service = await startService({ COUNTERSIGN_RATE_LIMIT_PER_MINUTE: '100000' });
  service.events.on('grantEvent', (record) => events.push(record));
  admin = service.token('release', ['admin', 'read']);
  shipped = readFileSync(new URL('../bundles/default.tar.gz', import.meta.url));
  meiLeft = await bundleWith(({ organisation }) => {
    leave(organisation, 'mei.tanaka');
  });
  priyaLeft = await bundleWith(({ organisation }) => {
    leave(organisation, 'priya.nair');
  });
}, 120_000);
afterAll(() => service.stop());

const call = (method: 'get' | 'post' | 'put', path: string, token: string) =>
  service.agent[method](path).set('Authorization', `Bearer ${token}`);
const decide = async (story: string, principal: string) => {
  const token = service.token('portal', ['decide'], principal);
  return (await call('post', '/v1/decisions', token).send(exampleRequest(story)).expect(201)).body;
};
const approve = async (caseId: string, as: string, seen: string) => {
  const token = service.token('console', ['read', 'approve'], as);
  const verdict = { verdict: 'approve', comment: 'fine', seen };
  return (await call('post', `/v1/cases/${caseId}/approvals`, token).send(verdict).expect(201)).body;
};
const caseOf = async (id: string) => (await call('get', `/v1/cases/${id}`, admin).expect(200)).body;
const policies = async () => (await call('get', '/v1/policies', admin).expect(200)).body;

/** Makes a bundle active, and waits until all was looked at by it. */
async function activate(bundle: Uint8Array) {
  const sent = call('put', '/v1/policies/active', admin).set('Content-Type', 'application/gzip');
  const { body } = await sent.send(Buffer.from(bundle)).expect(200);
  return looked(body.active.digest);
}

/** Until the look by a bundle, or by any, is over. */
async function looked(digest?: string) {
  for (;;) {
    const { sweep } = await policies();
    if (sweep?.policy === (digest ?? sweep?.policy) && sweep.finished_at !== null) return sweep;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe('a bundle that would no longer allow a grant', () => {
  it('makes it due, with a record that says why, and one that would again makes it active', async () => {
    const grant = await decide('issue-api-key/allow-sandbox-key', 'mei.tanaka@larkfield.example');
    expect(grant.outcome).toBe('allow');
    events.length = 0;

    const look = await activate(meiLeft);
    expect(look).toMatchObject({ changed: 1, failed: 0 });
    const due = await caseOf(grant.id);
    expect(due).toMatchObject({
      outcome: 'allow',
      seq: 1,
      grant_status: { state: 'due', review_reason: 'policy_changed' },
    });
    const { records } = verifyRecords(jwsListIn(due), parseJwks(service.keyring.jwks));
    expect(records[1]).toMatchObject({
      statement: 'evaluation',
      evaluated_at: (records[0] as { evaluated_at: string }).evaluated_at,
      policy: { digest: look.policy },
      decision: { outcome: 'deny', denials: [{ code: 'caller_inactive' }, { code: 'subject_inactive' }] },
    });
    expect(events).toEqual([records[1]]);
    const { body } = await call('get', '/v1/grants?state=due', admin).expect(200);
    expect(body.cases.map((each: { case: string }) => each.case)).toEqual([grant.id]);

    expect(await activate(shipped)).toMatchObject({ changed: 1 });
    expect((await caseOf(grant.id)).grant_status).toMatchObject({ state: 'active', review_reason: null });
    expect(await activate(shipped)).toMatchObject({ changed: 1 });
    expect((await caseOf(grant.id)).seq).toBe(2);
  });

  it('says so once, until somebody keeps it and yet another one says so, and not of what was taken back', async () => {
    const grant = await decide('issue-api-key/allow-sandbox-key', 'mei.tanaka@larkfield.example');
    const revoked = await decide('issue-api-key/allow-sandbox-key', 'mei.tanaka@larkfield.example');
    const revoker = service.token('console', ['read', 'revoke'], 'iduarte');
    await call('post', `/v1/cases/${revoked.id}/revocations`, revoker).send({ reason: 'unused' }).expect(201);
    await activate(meiLeft);
    const reviewer = service.token('console', ['read', 'review'], 'iduarte');
    await call('post', `/v1/cases/${grant.id}/reviews`, reviewer).send({ verdict: 'keep' }).expect(201);
    service.sweep.start();
    await looked();
    expect((await caseOf(grant.id)).grant_status).toMatchObject({ state: 'active', review_reason: null });
    await activate(
      await bundleWith(({ organisation }) => {
        leave(organisation, 'mei.tanaka');
        leave(organisation, 'priya.nair');
      }),
    );
    expect((await caseOf(grant.id)).grant_status).toMatchObject({ state: 'due' });
    expect((await caseOf(grant.id)).seq).toBe(3);
    expect((await caseOf(revoked.id)).grant_status.state).toBe('revoked');
    await activate(shipped);
  });
});

describe('an open case', () => {
  it('follows the policy: who has left no longer counts, and is asked for again', async () => {
    const first = await decide('issue-api-key/approval-production-key', 'sofia.rossi@larkfield.example');
    const waiting = await approve(first.case, 'priya.nair@larkfield.example', first.id);
    expect(waiting).toMatchObject({ outcome: 'approval_required', not_counted: [] });
    expect(waiting.next).toHaveLength(1);

    await activate(priyaLeft);
    const followed = await caseOf(first.case);
    expect(followed.seq).toBe(2);
    const { body: answer } = await call('get', `/v1/decisions/${followed.latest}`, admin).expect(200);
    expect(answer).toMatchObject({
      outcome: 'approval_required',
      not_counted: [{ approver: 'priya.nair@larkfield.example' }],
    });
    expect(answer.next).toHaveLength(2);
    await activate(shipped);
    expect((await caseOf(first.case)).seq).toBe(3);
  });

  it('is denied at once by a policy that denies it', async () => {
    const sofiaLeft = await bundleWith(({ organisation }) => {
      leave(organisation, 'sofia.rossi');
    });
    const first = await decide('issue-api-key/approval-production-key', 'sofia.rossi@larkfield.example');
    await activate(sofiaLeft);
    const ended = await caseOf(first.case);
    expect(ended).toMatchObject({ outcome: 'deny', seq: 1 });
    const { body: answer } = await call('get', `/v1/decisions/${ended.latest}`, admin).expect(200);
    expect(answer.denials).toContainEqual({ code: 'subject_inactive' });
    await activate(shipped);
  });

  it('of which the policy thinks the same gets no record', async () => {
    const first = await decide('issue-api-key/approval-production-key', 'sofia.rossi@larkfield.example');
    await activate(meiLeft);
    expect((await caseOf(first.case)).seq).toBe(0);
    await activate(shipped);
  });
});

describe('a bundle change', () => {
  it('signs exactly the records that it keeps, over 100 grants and open cases', async () => {
    const own = await startService({ COUNTERSIGN_RATE_LIMIT_PER_MINUTE: '100000' });
    const portal = { authorization: `Bearer ${own.token('portal', ['decide'])}` };
    const release = { authorization: `Bearer ${own.token('release', ['admin', 'read'])}` };
    // A start judges by the smoke test, which signs nothing; the three tokens have a record each.
    const tokens = 3;
    await expect.poll(own.countSignatures).toBe(tokens);
    for (const story of ['issue-api-key/allow-sandbox-key', 'issue-api-key/approval-production-key']) {
      const requests = Array(100).fill(exampleRequest(story));
      const sent = own.agent.post('/v1/decisions/batch').set(portal).send({ requests });
      expect((await sent.expect(200)).body.results).toHaveLength(100);
    }
    const opened = tokens + 200;
    const recordsOf = async () => ((await own.store.newest())?.position ?? -1) + 1;
    expect([own.countSignatures(), await recordsOf()]).toEqual([opened, opened]);

    const examine = async (bundle: Uint8Array) => {
      const sent = own.agent.put('/v1/policies/active').set(release).set('content-type', 'application/gzip');
      const { digest } = (await sent.send(Buffer.from(bundle)).expect(200)).body.active;
      for (;;) {
        const status = own.sweep.status();
        if (status?.policy === digest && status?.finished_at != null) return status;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    };
    // Of the same mind on all of them, then against the grants.
    expect(await examine(priyaLeft)).toMatchObject({ examined: 200, total: 200, changed: 0, failed: 0 });
    expect([own.countSignatures(), await recordsOf()]).toEqual([opened, opened]);
    const { changed } = await examine(meiLeft);
    expect(changed).toBeGreaterThanOrEqual(100);
    expect([own.countSignatures(), await recordsOf()]).toEqual([opened + changed, opened + changed]);
    await own.stop();
  }, 120_000);
});

describe('a restart', () => {
  it('under the same bundle looks at nothing, and under another one at what that has not seen', async () => {
    const own = await startService();
    const token = own.token('portal', ['decide']);
    const authorization = `Bearer ${token}`;
    for (const story of ['issue-api-key/allow-sandbox-key', 'issue-api-key/approval-restricted-key']) {
      await own.agent.post('/v1/decisions').set({ authorization }).send(exampleRequest(story)).expect(201);
    }
    await own.stop();
    const { dataDir } = own.config;
    const lookOf = async (bundle: Uint8Array) => {
      const again = await startService({
        COUNTERSIGN_DATA_DIR: dataDir,
        COUNTERSIGN_BUNDLE: await bundleFile(bundle),
      });
      while (again.sweep.status()?.finished_at == null) await new Promise((resolve) => setTimeout(resolve, 10));
      const look = again.sweep.status();
      await again.stop();
      return look;
    };
    expect(await lookOf(shipped)).toMatchObject({ examined: 0, failed: 0 });
    expect(await lookOf(priyaLeft)).toMatchObject({ examined: 2, failed: 0 });
    expect(await lookOf(priyaLeft)).toMatchObject({ examined: 0, failed: 0 });
  });
});
