import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { withSnapshot } from '../../src/authoring/policy-folder.ts';
import { run } from '../../src/authoring/toolchain/run.ts';
import { canonicalJson } from '../../src/base/canonical-json.ts';
import { readBundle } from '../../src/bundle/bundle.ts';
import { evaluationSchema } from '../../src/contract/evaluation.ts';
import { normaliseEvaluation } from '../../src/domain/evaluation.ts';
import { openPolicy, preparePolicy } from '../../src/evaluation/policy.ts';
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
  const opa = await realTool('opa');
  return withSnapshot(POLICIES, async (snapshot) => {
    // A builtin that fails is an error to OPA then, as it is to the service: rules look before they call.
    const args = ['eval', '--strict-builtin-errors', '--format', 'raw', '-b', snapshot, '-d', CASES, 'data.cases.all'];
    const { code, stdout, stderr } = await run(opa, args);
    if (code !== 0) throw new Error(stderr || stdout);
    return JSON.parse(stdout) as Case[];
  });
}

const cases = await readCases();
const bundle = await readBundle(readFileSync(new URL('../../bundles/default.tar.gz', import.meta.url)));
const policy = await openPolicy(await preparePolicy(bundle));

const evaluate = (input: Case['input']) =>
  policy.evaluate(canonicalJson(input), input.now ?? '2026-11-22T12:00:00.000Z');

describe('the cases of the Rego tests, through WASM', () => {
  it('are there for the entrypoint and for every kind', () => {
    const { config } = bundle.data as { config: { kinds: object } };
    const packages = [...new Set(cases.map((each) => each.package))].sort();
    expect(packages).toEqual(['approval', ...Object.keys(config.kinds).map((kind) => `${kind}_test`)].sort());
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
