import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../../src/domain/canonical-json.ts';
import { evaluationSchema, normaliseEvaluation } from '../../src/domain/evaluation.ts';
import { readBundle } from '../../src/policy/bundle.ts';
import { openPolicy, preparePolicy } from '../../src/policy/policy.ts';
import { run } from '../../src/policy/run.ts';
import { realTool } from './real-opa.ts';

/** A case of the Rego tests, with what `opa` makes of its input. */
interface Case {
  package: string;
  name: string;
  input: { now?: string; kind?: unknown; history?: unknown };
  opa: unknown;
}

const POLICIES = fileURLToPath(new URL('../../policies', import.meta.url));
const CASES = fileURLToPath(new URL('fixtures/cases.rego', import.meta.url));

async function readCases(): Promise<Case[]> {
  const { code, stdout, stderr } = await run(await realTool('opa'), [
    'eval',
    // A builtin that fails is an error to OPA then, as it is to the service: rules look before they call.
    '--strict-builtin-errors',
    '--format',
    'raw',
    '-b',
    POLICIES,
    '-d',
    CASES,
    'data.cases.all',
  ]);
  if (code !== 0) throw new Error(stderr || stdout);
  return JSON.parse(stdout) as Case[];
}

const cases = await readCases();
const policy = await openPolicy(
  await preparePolicy(await readBundle(readFileSync(new URL('../../bundles/default.tar.gz', import.meta.url)))),
);

const evaluate = (input: Case['input']) =>
  policy.evaluate(canonicalJson(input), input.now ?? '2026-11-22T12:00:00.000Z');

describe('the cases of the Rego tests, through WASM', () => {
  it('are there for the entrypoint and for every kind', () => {
    const sizes = Object.entries(Object.groupBy(cases, (each) => each.package)).map(([name, found]) => [
      name,
      found?.length,
    ]);
    expect(Object.fromEntries(sizes)).toMatchObject({
      approval: 5,
      'elevate/role_test': expect.any(Number),
      'emergency_access/secret_test': expect.any(Number),
      'exempt_rotation/secret_test': expect.any(Number),
      'grant/third_party_access_test': expect.any(Number),
      'issue/api_key_test': expect.any(Number),
      'issue/deployment_token_test': expect.any(Number),
      'onboard/service_account_test': expect.any(Number),
      'renew/certificate_test': expect.any(Number),
    });
    expect(cases.length).toBeGreaterThan(120);
  });

  it.each(cases)('$package $name: the same bytes as OPA', ({ input, opa }) => {
    const { evaluation, detail } = evaluate(input);
    expect(detail).toBeNull();
    expect(canonicalJson(evaluation)).toBe(normaliseEvaluation(evaluationSchema.parse(opa)).written.text);
  });

  // What a colleague was granted for something else, and nobody reviewed, is of interest where it was an emergency only.
  const others = cases.filter(({ input }) => input.kind !== 'emergency_access/secret' && Array.isArray(input.history));
  it.each(others)('$package $name: the same with a grant of a colleague in the history', ({ input }) => {
    const ofColleague = {
      case: '019aab3c-0000-7000-8000-000000000000',
      kind: input.kind,
      outcome: 'allow',
      tier: 'low',
      at: '2026-01-01T12:00:00.000Z',
      expires_at: '2027-01-01T12:00:00.000Z',
      review: null,
      shares: ['team'],
    };
    const more = { ...input, history: [...(input.history as object[]), ofColleague] };
    expect(evaluate(more)).toEqual(evaluate(input));
  });
});
