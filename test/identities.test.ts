import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundleFile, bundleWith, compileBundle, copyPolicies } from './support/bundles.ts';
import { callsOf, payloadOf, type TestService } from './support/calls.ts';
import { exampleRequest, startService } from './support/service.ts';

const KEY = exampleRequest('issue-api-key/approval-production-key');
const SANDBOX = exampleRequest('issue-api-key/allow-sandbox-key');
const shipped = readFileSync(new URL('../bundles/default.tar.gz', import.meta.url));

/** The shipped data, but that a login leads to somebody else. */
const bundleWithLogin = (login: string, person: string) =>
  bundleWith((data) => {
    data.identities[login] = person;
  });

describe('an identity that leads to somebody else than when the case was opened', () => {
  let service: TestService;
  let calls: ReturnType<typeof callsOf>;
  beforeAll(async () => {
    service = await startService();
    calls = callsOf(service);
  });
  afterAll(() => service.stop());

  const asSubject = { ...KEY, subject: { type: 'user', id: 'pnair' } };
  const asRequester = {
    ...KEY,
    subject: { type: 'user', id: 'srossi' },
    context: { ...KEY.context, requested_by: 'pnair' },
  };
  const asCaller = () => service.token('portal', ['decide'], 'pnair');

  it.each<[string, () => Promise<{ id: string; case: string }>]>([
    ['the subject', () => calls.decide(asSubject)],
    ['requested_by', () => calls.decide(asRequester, service.token('servicenow', ['decide']))],
    ['the caller', () => calls.decide(KEY, asCaller())],
  ])('does not let the person who was %s approve, and ends the case', async (_role, open) => {
    await calls.activate(shipped);
    const first = await open();
    await calls.activate(await bundleWithLogin('pnair', 'tom.harris'));
    const ended = await calls.newest(first.id);
    expect(ended.outcome).toBe('deny');
    expect(ended.denials).toContainEqual({ code: 'identity_changed' });
    const { body } = await calls.approve(first, 'priya.nair').expect(409);
    expect(body.code).toBe('case_closed');
  });

  it('pins the persons of the first record in all that follow', async () => {
    await calls.activate(shipped);
    const first = await calls.decide(asRequester, service.token('servicenow', ['decide'], 'gade'));
    const persons = { subject: 'sofia.rossi', caller: 'george.ade', requester: 'priya.nair' };
    const { body } = await calls.approve(first, 'priya.nair').expect(201);
    for (const record of [first.record, body.record]) {
      expect(payloadOf(record).opened).toEqual({ at: payloadOf(first.record).evaluated_at, persons });
    }
    expect(body.not_counted).toMatchObject([{ code: 'approver_is_requester' }]);
  });

  it('does not let the person to whom it was granted review it', async () => {
    await calls.activate(shipped);
    const request = { ...SANDBOX, subject: { type: 'user', id: 'mtanaka' } };
    const granted = await calls.decide(request);
    expect(granted.outcome).toBe('allow');
    await calls.activate(await bundleWithLogin('mtanaka', 'luis.ortega'));
    const review = (identity: string) =>
      calls
        .call('post', `/v1/cases/${granted.id}/reviews`, calls.person(identity, ['read', 'review']))
        .send({ verdict: 'keep' });
    for (const identity of ['mei.tanaka', 'luis.ortega']) {
      expect((await review(identity).expect(403)).body.code).toBe('own_grant');
    }
    expect((await calls.caseOf(granted.id)).grant_status).toMatchObject({
      state: 'due',
      review_reason: 'policy_changed',
    });
    await review('iduarte').expect(201);
  });
});

describe('an identity under which somebody approved, and which leads to somebody else now', () => {
  it('does not make two approvers of one person', async () => {
    const service = await startService();
    const calls = callsOf(service);
    const first = await calls.decide(KEY);
    const { body: owner } = await calls.approve(first, 'pnair').expect(201);
    expect(owner.next).toMatchObject([{ requirement: 'security' }]);

    await calls.activate(await bundleWithLogin('pnair', 'ines.duarte'));
    const looked = await calls.newest(first.id);
    expect(looked.not_counted).toMatchObject([{ approver: 'pnair', code: 'not_eligible_when_given' }]);
    const { body: again } = await calls.approve(looked, 'priya.nair').expect(201);
    expect(again).toMatchObject({ outcome: 'approval_required', next: [{ requirement: 'security', have: 0 }] });
    const { body: asked } = await calls.approve(again, 'ines.duarte').expect(201);
    expect(asked.outcome).toBe('allow');
    await service.stop();
  });
});

describe('a kind that does not ask who its subject is', () => {
  const KIND = 'approval/kinds/issue/badge';
  const tier = (requirements: object[]) => ({
    max_ttl_seconds: 3600,
    approval_ttl_seconds: 3600,
    review_after_seconds: 86_400,
    requirements,
  });
  const lead = [{ id: 'lead', any_of: ['storefront-leads'], count: 1, code: 'lead_approval' }];
  const settings = {
    thresholds: { medium: 1, high: 50, critical: 90 },
    weights: {},
    limits: {},
    tiers: {
      low: tier([]),
      medium: tier(lead),
      high: tier(lead),
      critical: tier(lead.map((each) => ({ ...each, min_assurance: 'authenticated' }))),
    },
  };
  const REGO = `# METADATA
# title: A badge
# custom:
#   owner: security-engineering
#   controls: [AC-24]
package approval.kinds["issue/badge"]

import data.approval.lib.evaluation

# METADATA
# title: Decision
# custom:
#   owner: security-engineering
#   controls: [AC-24]
decision := evaluation.of(
	{"factors": {{"id": "badge", "score": 10, "fact": "badge", "controls": []}}, "denials": set(), "obligations": set(), "facts": set()},
	rego.metadata.rule(),
)
`;
  const badge = (type: string, id: string) => ({
    subject: { type, id },
    action: { name: 'issue' },
    resource: { type: 'badge', id: 'gate-1' },
  });

  /** With a policy that gives a score to a request. */
  async function serviceWithBadges(score = '10'): Promise<TestService> {
    const rego = REGO.replace('"score": 10', `"score": ${score}`);
    const files = { [`${KIND}/decision.rego`]: rego, [`${KIND}/config.json`]: JSON.stringify(settings) };
    const bundle = await compileBundle(await copyPolicies('policies', files));
    return startService({ COUNTERSIGN_BUNDLE: await bundleFile(bundle) });
  }

  it('is denied above the lowest tier for a subject who is nobody, under any type but that of a workload', async () => {
    const service = await serviceWithBadges();
    const { decide } = callsOf(service);
    const token = service.token('portal', ['decide'], 'tharris');
    for (const type of ['user', 'person', 'human', 'robot']) {
      const answer = await decide(badge(type, 'PRIYA.NAIR'), token);
      expect(answer, type).toMatchObject({ outcome: 'deny', tier: 'medium', denials: [{ code: 'subject_unknown' }] });
    }
    expect((await decide(badge('user', 'pnair'), token)).outcome).toBe('approval_required');
    expect((await decide(badge('workload', 'gate-controller'), token)).outcome).toBe('approval_required');
    await service.stop();
  });

  it('is allowed at the lowest tier, and kept by nobody: the reviewer may be the subject', async () => {
    const service = await serviceWithBadges('count({1 | input.request.resource.id != "gate-1"})');
    const { call, caseOf, decide, person } = callsOf(service);
    const granted = await decide(badge('user', 'PRIYA.NAIR'), service.token('portal', ['decide'], 'tharris'));
    expect(granted).toMatchObject({ outcome: 'allow', tier: 'low' });
    const review = (verdict: string) =>
      call('post', `/v1/cases/${granted.case}/reviews`, person('pnair', ['read', 'review'])).send({ verdict });
    expect((await review('keep').expect(422)).body.code).toBe('person_missing');
    await review('revoke').expect(201);
    expect((await caseOf(granted.case)).grant_status.state).toBe('revoked');
    await service.stop();
  });
});

describe('somebody who has left', () => {
  it('is allowed nothing through a token that still works, nor by being named', async () => {
    const service = await startService();
    const { decide } = callsOf(service);
    expect((await decide(SANDBOX)).outcome).toBe('allow');
    const old = await decide(SANDBOX, service.token('portal', ['decide'], 'fbaum'));
    expect(old).toMatchObject({ outcome: 'deny', denials: [{ code: 'caller_inactive' }] });
    const named = await decide({ ...SANDBOX, context: { ...SANDBOX.context, requested_by: 'felix.baum' } });
    expect(named).toMatchObject({ outcome: 'deny', denials: [{ code: 'requester_inactive' }] });
    await service.stop();
  });
});
