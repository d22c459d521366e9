import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkPolicies } from '../src/authoring/check-policies.ts';
import { formatPolicies } from '../src/authoring/format-policies.ts';
import { lintPolicies } from '../src/authoring/lint-policies.ts';
import { describePolicies } from '../src/authoring/pages/policy-pages.ts';
import { testPolicies } from '../src/authoring/test-policies.ts';
import { parseJwks } from '../src/base/jwks.ts';
import type { DecisionRecord } from '../src/contract/record.ts';
import { realTool } from './policy/real-opa.ts';
import { bundleFile, compileBundle, copyPolicies } from './support/bundles.ts';
import { jwsListIn, verifyRecords } from './support/records.ts';
import { startService } from './support/service.ts';

// A kind of request that nobody thought of when the rest was written: a folder of Rego with its settings, and data about
// what it protects. It is laid beside the shipped policies, and nothing else is touched.
const NINTH = fileURLToPath(new URL('fixtures/ninth-kind', import.meta.url));
const KIND_FOLDER = 'approval/kinds/export/dataset';

let policiesDir: string;
let opa: string;

beforeAll(async () => {
  opa = await realTool('opa');
  policiesDir = await copyPolicies('policies');
  const files = readdirSync(NINTH, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const changed = files
    .map((entry) => join(entry.parentPath, entry.name).replace(NINTH, policiesDir))
    .filter(existsSync);
  expect(changed).toEqual([]);
  await cp(NINTH, policiesDir, { recursive: true });
});

describe('a ninth kind, as a security team writes it', () => {
  it('is checked, formatted and linted', async () => {
    await checkPolicies({ policiesDir, opa });
    expect(await formatPolicies({ policiesDir, opa }, false)).toEqual([]);
    await lintPolicies({ policiesDir, opa }, await realTool('regal'));
  });

  it('is tested, down to every line', async () => {
    const shipped = await testPolicies({ policiesDir: await copyPolicies('policies'), opa }, { wasm: false });
    // Its own six, and two of the shipped tests that have a case for each configured kind.
    expect((await testPolicies({ policiesDir, opa })).tests).toBe(shipped.tests + 8);
  }, 300_000);

  it('has a page, with words for codes that the catalogue does not have', async () => {
    const pages = await describePolicies({ policiesDir, opa });
    expect(pages.get('README.md')).toContain('[`export/dataset`](export-dataset.md)');
    const page = pages.get('export-dataset.md');
    for (const part of [
      '**Somebody takes a dataset out.**',
      '| `context.destination` | Where it is to go, by a name',
      '| `destination` | Where it goes. A place that nobody knows weighs as much as one outside. | inside 0, outside 25 |',
      '| `dataset_sealed` | The dataset is sealed. | AC-24, AC-6 |',
      '| medium | 20 to 39 | 1 of `{owner}-leads` | 1 day | 30 days | 1 day |',
      '- `data.organisation.resources[…][…].destinations',
    ]) {
      expect(page).toContain(part);
    }
  });
});

describe('the service with a ninth kind', () => {
  let service: Awaited<ReturnType<typeof startService>>;
  let asker: string;

  beforeAll(async () => {
    const file = await bundleFile(await compileBundle(policiesDir));
    service = await startService({ COUNTERSIGN_BUNDLE: file });
    asker = service.token('portal', ['decide']);
  });
  afterAll(() => service.stop());

  const post = async (path: string, token: string, body: object) => {
    const call = service.agent.post(path).set('authorization', `Bearer ${token}`);
    return (await call.send(body).expect(201)).body;
  };
  const decide = (example: string) => {
    const file = join(policiesDir, KIND_FOLDER, 'examples', `${example}.json`);
    return post('/v1/decisions', asker, JSON.parse(readFileSync(file, 'utf8')));
  };
  /** The record of an answer, once its signature is verified with the published keys. */
  const recordOf = async (answer: object): Promise<DecisionRecord> => {
    const keys = parseJwks((await service.agent.get('/.well-known/jwks.json').expect(200)).body);
    const [record] = verifyRecords(jwsListIn(answer), keys).records;
    return record as DecisionRecord;
  };

  it('allows', async () => {
    const answer = await decide('allow');
    expect(answer).toMatchObject({ outcome: 'allow', tier: 'low', obligations: [{ type: 'delete_after_use' }] });
    const { kind, evaluation } = await recordOf(answer);
    expect(kind).toBe('export/dataset');
    expect(evaluation).toMatchObject({ score: 10, max_ttl_seconds: 86_400 });
    expect(evaluation?.facts).toContainEqual({
      name: 'destinations',
      source: 'data.organisation.resources.dataset["storefront/visits"].destinations',
    });
  });

  it('denies, and says why by the title of its own rule', async () => {
    const answer = await decide('deny');
    expect(answer).toMatchObject({ outcome: 'deny', denials: [{ code: 'dataset_sealed' }] });
    expect(answer.summary).toContain('denied. The dataset is sealed.');
    expect((await recordOf(answer)).decision.outcome).toBe('deny');
  });

  it('lets those in whom a group of its own settings names', async () => {
    const file = join(policiesDir, KIND_FOLDER, 'examples', 'deny.json');
    const request = JSON.parse(readFileSync(file, 'utf8'));
    const answer = await post('/v1/decisions', asker, { ...request, subject: { type: 'user', id: 'priya.nair' } });
    expect(answer).toMatchObject({ outcome: 'allow', tier: 'low' });
  });

  it('asks for approval, and allows once it has it', async () => {
    const answer = await decide('approval-required');
    expect(answer).toMatchObject({
      outcome: 'approval_required',
      tier: 'medium',
      next: [{ any_of: ['storefront-leads'] }],
    });
    expect((await recordOf(answer)).decision.outcome).toBe('approval_required');
    const lead = service.token('console', ['read', 'approve'], 'priya.nair');
    const verdict = { verdict: 'approve', seen: answer.id };
    const approved = await post(`/v1/cases/${answer.case}/approvals`, lead, verdict);
    expect(approved).toMatchObject({ outcome: 'allow', case: answer.case });
    expect((await recordOf(approved)).decision.counted).toHaveLength(1);
  });
});
