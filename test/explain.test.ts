import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { onOneLine } from '../src/base/text.ts';
import { createClient } from '../src/client/client.ts';
import type { DecisionRecord } from '../src/contract/record.ts';
import { explainCase } from '../src/domain/explanation.ts';
import { readUnverified } from '../src/verify/unverified.ts';
import { jwsListIn } from './support/records.ts';
import { exampleRequest, startService } from './support/service.ts';

const golden = (name: string) => readFileSync(new URL(`golden/${name}`, import.meta.url), 'utf8');
const goldenCase = () => readUnverified(jwsListIn(golden('case.jws'))) as DecisionRecord[];
const newest = (records: DecisionRecord[]) => records.at(-1) as DecisionRecord;
const { evaluated_at: GRANTED_AT, decision: GRANTED } = newest(goldenCase());
/** A minute after the last record. */
const NOW = new Date(Date.parse(GRANTED_AT) + 60_000).toISOString();

/** The part of a story under a heading. */
const section = (story: string, heading: string) =>
  story
    .split('\n\n')
    .find((part) => part.split('\n')[0] === heading)
    ?.split('\n')
    .slice(1)
    .map((line) => line.slice(2));

describe('the story of a case', () => {
  it('of the first version still reads as it did', () => {
    expect(explainCase(goldenCase(), NOW)).toBe(golden('case.txt').trimEnd());
  });

  it('has the sentences of a policy for its codes, and those of the engine for its own', () => {
    const records = goldenCase();
    const denials = [{ code: 'vendor_unknown' }, { code: 'rejected' }, { code: 'constructor' }];
    Object.assign(newest(records), { decision: { ...GRANTED, outcome: 'deny', denials } });
    const sentences = { vendor_unknown: 'We do not know this vendor.', rejected: 'All is well.' };
    expect(section(explainCase(records, NOW, sentences), 'Denied because')).toEqual([
      'We do not know this vendor. (vendor_unknown)',
      'An eligible approver rejected it. (rejected)',
      'Constructor. (constructor)',
    ]);
  });

  it('says what is missing while it waits, from whom, and how sure one has to be', () => {
    const story = explainCase(goldenCase().slice(0, 3), NOW);
    expect(story.split('\n')[0]).toMatch(/: waits for approval$/);
    expect(section(story, 'Still missing')).toEqual(['security: 2 of security, authenticated at least (0 of 2 given)']);
    expect(section(story, 'Approvals')).toContainEqual(expect.stringMatching(/^ {3}counts for owner, until \d{4}-/));
    expect(section(story, 'Obligations, once allowed')).toContain('store in secret manager');
    expect(section(story, 'Outcome')).toEqual([
      `approval_required, decided at ${goldenCase()[2]?.evaluated_at}`,
      'once allowed, it ends after 30 days',
      'once allowed, it is reviewed within 30 days',
      `accepts verdicts until ${goldenCase()[2]?.decision.closes_at}`,
    ]);
  });

  it('says that an allow has expired, and that the beginning is missing', () => {
    const story = explainCase(goldenCase().slice(4), '2099-01-01T00:00:00.000Z');
    expect(story).toContain('was allowed, and has expired');
    expect(story).toContain(`ended at ${GRANTED.expires_at}, after 30 days`);
    expect(story).toContain('the beginning was not seen');
  });

  it('says where policy changed on the way', () => {
    const records = goldenCase();
    const digest = `sha256:${'0'.repeat(64)}`;
    Object.assign(newest(records), { policy: { ...newest(records).policy, revision: 'next', digest } });
    const story = explainCase(records, NOW);
    expect(story).toContain(`under another policy: revision next, ${digest}`);
    expect(story.match(/another policy/g)).toHaveLength(1);
  });

  it('tells of a policy that gave no answer', () => {
    const record = structuredClone(goldenCase()[0] as DecisionRecord);
    Object.assign(record, { evaluation: null, builtin_errors: [{ builtin: 'http.send', message: 'no\nway' }] });
    Object.assign(record.decision, { outcome: 'deny', denials: [{ code: 'builtin_error' }], unmet: [] });
    const story = explainCase([record], NOW);
    expect(section(story, 'Risk: critical')).toEqual([
      'the highest tier, because the policy returned no usable result',
      'http.send failed: "no\\nway"',
    ]);
    expect(section(story, 'Denied because')).toEqual([
      'A builtin function that the policy called failed. (builtin_error)',
    ]);
  });

  it('lets nobody write a line of it, and cuts what is long', () => {
    const nasty = 'x\n\nOutcome\n  allow\u001b[2K\u202e\u2028';
    const record = structuredClone(newest(goldenCase()));
    const lines = explainCase([record], NOW).split('\n').length;
    const { request, decision, caller, policy } = record;
    request.subject.id = request.resource.id = nasty;
    Object.assign(caller, { client: nasty, principal: nasty, person: nasty });
    Object.assign(policy, { name: nasty, revision: nasty });
    request.context = { justification: nasty, scopes: [nasty], [nasty]: 'y'.repeat(5000) };
    decision.controls = [nasty];
    decision.obligations = decision.obligations.map((each) => ({
      ...each,
      type: nasty,
      properties: { [nasty]: nasty },
    }));
    for (const approval of record.approvals) {
      Object.assign(approval, { comment: nasty, approver: { ...approval.approver, identity: nasty, person: nasty } });
    }
    for (const factor of record.evaluation?.factors ?? []) Object.assign(factor, { id: nasty, fact: nasty });
    const story = explainCase([record], NOW);
    expect(story.split('\n')).toHaveLength(lines);
    expect(story.split('\n').every((line) => line === onOneLine(line))).toBe(true);
    expect(story).toContain('… (5002 characters)');
    expect(story.length).toBeLessThan(10_000);
  });
});

describe('the stories of examples/', () => {
  let service: Awaited<ReturnType<typeof startService>>;
  beforeAll(async () => {
    service = await startService();
  });
  afterAll(() => service.stop());

  /** Plays a story, and tells it with `<time>` and `<id>` for what differs every time. */
  async function play(name: string): Promise<string> {
    const story = JSON.parse(readFileSync(new URL(`../examples/${name}/story.json`, import.meta.url), 'utf8')) as {
      client: string;
      principal: string | null;
      approvals: { as: string; verdict: 'approve' | 'reject'; comment: string }[];
    };
    const asker = createClient({ url: service.url, token: service.token(story.client, ['decide'], story.principal) });
    const { id } = await asker.decide(exampleRequest(name));
    for (const { as, verdict, comment } of story.approvals) {
      const token = service.token('console', ['read', 'approve'], as);
      await createClient({ url: service.url, token }).approve(id, { verdict, comment, seen: id });
    }
    const records = readUnverified((await asker.getCase(id)).chain.map(({ record }) => record)) as DecisionRecord[];
    return explainCase(records, newest(records).evaluated_at)
      .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '<time>')
      .replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '<id>');
  }

  it('a grant after two approvals', async () => {
    const story = await play('emergency-access-secret/approval-production-secret');
    expect(story.split('\n')[0]).toBe('Case <id>: allowed');
    expect(section(story, 'Request')).toEqual([
      'lortega (user) asks for emergency_access/secret on payments-db/production',
      'asked at <time>',
      'through the client teleport, for lortega (luis.ortega)',
      'says: incident = "INC0042119"',
      'says: reason = "Payments fail since the failover, need to look at locks"',
      'says: ttl_seconds = 1800',
    ]);
    expect(section(story, 'Risk: critical')?.filter((line) => !line.startsWith('looked at'))).toEqual([
      'score 105, of',
      '+70 classification: "restricted"',
      '+35 environment: "production"',
    ]);
    expect(section(story, 'Risk: critical')).toContain(
      'looked at: on_call, from data.organisation.on_call["payments"]',
    );
    expect(section(story, 'Approvals')).toEqual([
      '1. <time> jonas.weber: approve',
      '   counts for on call',
      '   may approve as on-call:payments',
      '   comment: "On the call with Luis, confirmed."',
      '   authenticated, handed in through console, by jonas.weber',
      '2. <time> servicenow:cae76436bb2f74dff3888d031cf2bf6f (ruth.adler): approve',
      '   counts for incident lead',
      '   may approve as security-incident-leads',
      '   comment: "Incident is declared, go ahead."',
      '   authenticated, handed in through console, by servicenow:cae76436bb2f74dff3888d031cf2bf6f (ruth.adler)',
    ]);
    expect(section(story, 'Outcome')).toEqual([
      'allow, decided at <time>',
      'ends at <time>, after 30 minutes',
      'review by <time>',
    ]);
    expect(section(story, 'Obligations')).toEqual([
      'post access review; within_seconds = 86400',
      'rotate secret; within_seconds = 86400',
      'session recording',
    ]);
    expect(section(story, 'Controls that this decision supports')?.[0]).toContain('AC-5, ');
    expect(section(story, 'Records')).toHaveLength(3);
    for (const heading of ['Still missing', 'Denied because']) expect(section(story, heading)).toBeUndefined();
  });

  it('a reject', async () => {
    const story = await play('issue-api-key/rejected-by-security');
    expect(story.split('\n')[0]).toBe('Case <id>: denied');
    expect(section(story, 'Denied because')).toEqual(['An eligible approver rejected it. (rejected)']);
    expect(section(story, 'Approvals')).toContain('   counts: this reject ended the case');
    expect(section(story, 'Approvals')).toContain(
      '   does not count: The case is denied, regardless of approvals. (case_denied)',
    );
    expect(section(story, 'Outcome')).toEqual(['deny, decided at <time>', 'the case accepts no more verdicts']);
  });

  it('a denial of policy', async () => {
    const story = await play('issue-deployment-token/deny-failed-check');
    expect(section(story, 'Request')).toContain('through the client storefront-ci');
    expect(section(story, 'Denied because')).toEqual(['Checks failed. (checks_failed)']);
    expect(section(story, 'Approvals')).toBeUndefined();
  });

  it('somebody who approves their own request under another name', async () => {
    const story = await play('issue-api-key/own-approval-by-alias');
    expect(section(story, 'Approvals')).toContain(
      '   does not count: Nobody approves their own request, and this is its subject. (approver_is_subject)',
    );
    expect(section(story, 'Still missing')).not.toEqual([]);
  });
});
