import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { digestOf } from '../../src/base/canonical-json.ts';
import { readBundle } from '../../src/bundle/bundle.ts';
import type { Approval } from '../../src/contract/approval.ts';
import { APPROVAL_REASONS } from '../../src/domain/approval/codes.ts';
import { judge } from '../../src/evaluation/judge.ts';
import { openPolicy, preparePolicy } from '../../src/evaluation/policy.ts';
import { exampleRequest } from '../support/service.ts';

/*
 * The engine refuses these approvals under any policy (law 3). The shipped policies report them too, because a record then
 * names the controls that the refusal supports: both have to call the same approval by the same code.
 */

const POLICIES = fileURLToPath(new URL('../../policies', import.meta.url));
const NOW = '2026-11-22T12:00:00.000Z';
const CASE = '019aab3c-0000-7000-8000-000000000000';
const ID = '019aab3c-0000-7000-8000-000000000001';

const policy = await openPolicy(
  await preparePolicy(await readBundle(readFileSync(new URL('../../bundles/default.tar.gz', import.meta.url)))),
);
/** Of mei.tanaka, for a service of her team. */
const request = exampleRequest('issue-api-key/allow-sandbox-key');
const asked = { ...request, context: { ...request.context, requested_by: 'srossi' } };

/** Who approves, by the code that it leads to, and the controls that the policy names for it. */
const SCENARIOS: Readonly<Record<string, { approver: string; control: string }>> = {
  person_unknown: { approver: 'stranger', control: 'AU-10' },
  approver_is_subject: { approver: request.subject.id, control: 'AC-5' },
  approver_is_caller: { approver: 'aokafor', control: 'AC-5' },
  approver_is_requester: { approver: 'srossi', control: 'AC-5' },
};

/** The codes for which rules of the policies refuse approvals. */
function codesOfPolicies(): string[] {
  const files = globSync('**/*.rego', { cwd: POLICIES }).filter((file) => !file.endsWith('_test.rego'));
  const texts = files.map((file) => readFileSync(`${POLICIES}/${file}`, 'utf8')).join('\n');
  return [...texts.matchAll(/finding\.refusal\([^,]+, "(\w+)"/g)].map(([, code]) => code as string);
}

describe('the codes that policies and engine share', () => {
  it('each have a scenario here', () => {
    const shared = codesOfPolicies().filter((code) => APPROVAL_REASONS.has(code));
    expect(shared.sort()).toEqual(Object.keys(SCENARIOS).sort());
  });

  it.each(Object.entries(SCENARIOS))('%s', (code, { approver, control }) => {
    const approval: Approval = {
      id: ID,
      case: CASE,
      request_digest: digestOf(asked),
      approver: { identity: approver, person: null, groups: [], assurance: 'authenticated' },
      verdict: 'approve',
      comment: '',
      seen: CASE,
      seen_tier: 'low',
      at: NOW,
      expires_at: '2026-11-23T12:00:00.000Z',
      authenticated_at: NOW,
      on_behalf_of: null,
      submitted_by: { client: 'console', principal: null, person: null },
      signature: null,
    };
    const principal = 'amara.okafor@larkfield.example';
    const caller = {
      client: 'servicenow',
      scopes: [],
      claims: {},
      principal,
      person: policy.directory.personOf(principal),
    };
    const { judgement } = judge(
      {
        now: NOW,
        request: asked,
        caller,
        approvals: [approval],
        history: '[]',
        occasion: { by: 'verdict', approval: ID },
        opened: { at: NOW, persons: { subject: 'mei.tanaka', caller: 'amara.okafor', requester: 'sofia.rossi' } },
        before: { case: CASE, counted: [], not_counted: [] },
      },
      policy,
    );
    expect(judgement.evaluation?.ineligible).toEqual([{ approval: ID, code }]);
    expect(judgement.evaluation?.controls).toContain(control);
    expect(judgement.decision.not_counted).toEqual([{ approval: ID, code }]);
  });
});
