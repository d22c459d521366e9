import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Answer } from '../src/contract/answer.ts';
import { bundleWith, type ShippedData } from './support/bundles.ts';
import { callsOf, type TestService } from './support/calls.ts';
import { exampleRequest, startService } from './support/service.ts';

const RESTRICTED = exampleRequest('issue-api-key/approval-restricted-key');
const PRODUCTION = exampleRequest('issue-api-key/approval-production-key');
const shipped = readFileSync(new URL('../bundles/default.tar.gz', import.meta.url));

let service: TestService;
let calls: ReturnType<typeof callsOf>;
beforeAll(async () => {
  service = await startService({ COUNTERSIGN_RATE_LIMIT_PER_MINUTE: '100000' });
  calls = callsOf(service);
});
afterAll(() => service.stop());

const tiersOf = ({ config }: ShippedData) => Object.values(config.kinds['issue/api_key']?.tiers ?? {});
/** The shipped policies, with the requirements of this id gone. */
const without = (id: string) =>
  bundleWith((data) => {
    for (const tier of tiersOf(data)) tier.requirements = tier.requirements.filter((each) => each['id'] !== id);
  });
const asserting = () => service.token('itsm', ['read', 'approve:assert']);
const assert = (shown: Pick<Answer, 'case' | 'id'>, approver: string, more: object = {}) =>
  calls
    .call('post', `/v1/cases/${shown.case}/approvals`, asserting())
    .send({ approver, verdict: 'approve', seen: shown.id, ...more });

describe('a case that somebody fills with verdicts that cannot count', () => {
  it('has room for those that do, and for a reject above all', async () => {
    const first = await calls.decide(RESTRICTED);
    const statuses: number[] = [];
    for (let index = 0; index < 40; index++) {
      statuses.push((await assert(first, `nobody-${index}`, { comment: 'x'.repeat(4000) })).status);
    }
    expect(statuses).toEqual([...Array(32).fill(201), ...Array(8).fill(409)]);
    expect((await assert(first, 'one-more').expect(409)).body.code).toBe('case_full');
    const { body: counted } = await calls.approve(first, 'aokafor').expect(201);
    expect(counted.next).toMatchObject([{ requirement: 'security', have: 0, need: 2 }]);
    const { body: rejected } = await calls.approve(first, 'iduarte', 'reject').expect(201);
    expect(rejected).toMatchObject({ outcome: 'deny', denials: [{ code: 'rejected' }] });
  });

  it('takes a few of one person at most, and a verdict of theirs that counts after that', async () => {
    const first = await calls.decide(RESTRICTED);
    const token = calls.person('aokafor');
    const send = (more: object) =>
      calls
        .call('post', `/v1/cases/${first.case}/approvals`, token)
        .send({ verdict: 'approve', seen: first.id, ...more });
    for (let index = 0; index < 8; index++) await send({ on_behalf_of: `nobody-${index}` }).expect(201);
    expect((await send({ on_behalf_of: 'nobody-8' }).expect(409)).body.code).toBe('case_full');
    expect((await send({}).expect(201)).body.next).toMatchObject([{ requirement: 'security' }]);
  });
});

describe('a policy that asks for fewer approvals than are there', () => {
  it('leaves the case open, and nobody but a person whose verdict counts makes an allow of it', async () => {
    const first = await calls.decide(PRODUCTION);
    const { body: waiting } = await calls.approve(first, 'pnair').expect(201);
    expect(waiting.next).toMatchObject([{ requirement: 'security', have: 0, need: 1 }]);

    await calls.activate(await without('security'));
    const looked = await calls.newest(first.id);
    expect(looked).toMatchObject({ outcome: 'approval_required', next: [], confirmation_needed: true });
    expect(looked.summary).toContain('has to confirm it');
    expect(await calls.caseOf(first.id)).toMatchObject({ outcome: 'approval_required', confirmation_needed: true });

    const { body: outsider } = await calls.approve(looked, 'clara.jensen').expect(201);
    expect(outsider).toMatchObject({ outcome: 'approval_required', confirmation_needed: true });
    const { body: unknown } = await assert(looked, 'nobody').expect(201);
    expect(unknown).toMatchObject({ outcome: 'approval_required', confirmation_needed: true });

    const { body: outdated } = await calls.approve(waiting, 'pnair').expect(422);
    expect(outdated).toMatchObject({ code: 'seen_mismatch', detail: expect.stringContaining(unknown.id) });
    // What others said meanwhile, and does not count, is no reason to look again.
    const { body: confirmed } = await calls.approve(looked, 'pnair').expect(201);
    expect(confirmed).toMatchObject({ outcome: 'allow', confirmation_needed: false });
    await calls.activate(shipped);
  });

  it('is confirmed by anybody who may approve, and not by those alone who have', async () => {
    const first = await calls.decide(RESTRICTED);
    await calls.approve(first, 'amara.okafor').expect(201);
    await calls.activate(await without('security'));
    const looked = await calls.newest(first.id);
    expect(looked.confirmation_needed).toBe(true);
    const { body } = await calls.approve(looked, 'jonas.weber').expect(201);
    expect(body).toMatchObject({ outcome: 'allow', not_counted: [{ approver: 'amara.okafor', code: 'place_taken' }] });
    await calls.activate(shipped);
  });

  it('takes a reject for what it is, whatever was shown', async () => {
    const first = await calls.decide(PRODUCTION);
    await calls.approve(first, 'pnair').expect(201);
    await calls.activate(await without('security'));
    const { body } = await calls.approve(first, 'pnair', 'reject').expect(201);
    expect(body).toMatchObject({ outcome: 'deny', denials: [{ code: 'rejected' }] });
    await calls.activate(shipped);
  });

  it('allows at once what the person approves who is needed, and what gets stricter holds at once', async () => {
    const first = await calls.decide(PRODUCTION);
    await calls.activate(await without('security'));
    expect(await calls.newest(first.id)).toMatchObject({
      confirmation_needed: false,
      next: [{ requirement: 'owner' }],
    });
    await calls.activate(shipped);
    expect((await calls.newest(first.id)).next).toHaveLength(2);
    await calls.activate(await without('security'));
    const { body } = await calls.approve(await calls.newest(first.id), 'pnair').expect(201);
    expect(body.outcome).toBe('allow');
    await calls.activate(shipped);
  });
});

describe('a verdict of somebody outside the group', () => {
  const priyaOutside = () =>
    bundleWith((data) => {
      const priya = data.organisation.people['priya.nair'];
      if (priya !== undefined) priya.groups = [];
    });

  it('does not count when they are back: they are asked again, and can answer', async () => {
    await calls.activate(await priyaOutside());
    const first = await calls.decide(PRODUCTION);
    const { body: outside } = await calls.approve(first, 'pnair').expect(201);
    expect(outside.not_counted).toMatchObject([{ code: 'approver_not_in_group' }]);
    expect((await calls.approve(first, 'pnair').expect(409)).body.code).toBe('already_given');

    await calls.activate(shipped);
    const back = await calls.newest(first.id);
    expect(back.not_counted).toMatchObject([{ code: 'not_eligible_when_given' }]);
    expect(back.next).toHaveLength(2);
    const { body: again } = await calls.approve(back, 'pnair').expect(201);
    expect(again.next).toMatchObject([{ requirement: 'security' }]);
  });

  it('ends nothing as a reject either, before it is given again', async () => {
    await calls.activate(await priyaOutside());
    const first = await calls.decide(PRODUCTION);
    await calls.approve(first, 'pnair', 'reject').expect(201);
    await calls.activate(shipped);
    expect(await calls.newest(first.id)).toMatchObject({ outcome: 'approval_required' });
    const { body } = await calls.approve(first, 'pnair', 'reject').expect(201);
    expect(body.outcome).toBe('deny');
  });
});

describe('an asserted reject', () => {
  it('ends nothing where the requirement asks for more assurance', async () => {
    const first = await calls.decide(RESTRICTED);
    const { body } = await assert(first, 'iduarte', { verdict: 'reject' }).expect(201);
    expect(body).toMatchObject({ outcome: 'approval_required', not_counted: [{ code: 'assurance_too_low' }] });
  });
});
