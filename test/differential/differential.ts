import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { run } from '../../src/authoring/toolchain/run.ts';
import { canonicalJson } from '../../src/base/canonical-json.ts';
import { readBundle } from '../../src/bundle/bundle.ts';
import { type Evaluation, evaluationSchema } from '../../src/contract/evaluation.ts';
import { normaliseEvaluation } from '../../src/domain/evaluation.ts';
import type { EvaluationResult } from '../../src/evaluation/evaluator.ts';
import { openPolicy, type Policy, preparePolicy } from '../../src/evaluation/policy.ts';
import { arbitraryInput, type PolicyData } from './inputs.ts';
import type { JsonSchema } from './schema-arbitrary.ts';

export const POLICIES = fileURLToPath(new URL('../../policies', import.meta.url));
const MODULE = fileURLToPath(new URL('differential.rego', import.meta.url));
/** What both evaluate: we the WASM in it, OPA the Rego. */
const BUNDLE = fileURLToPath(new URL('../../bundles/default.tar.gz', import.meta.url));
const BATCH = 500;

/** An input, what we make of it, and where we and OPA differ. */
export interface Compared {
  input: { kind: string; now: string };
  ours: EvaluationResult;
  difference: string | undefined;
}

/** How inputs are made, and compared. */
export interface Differential {
  schema: JsonSchema;
  /** Inputs `count` of the stream that a seed stands for. */
  compare(seed: number, count: number): AsyncGenerator<Compared>;
  /** What a person needs to see the difference at the input of that index again, for the smallest input that has one. */
  explain(seed: number, index: number): Promise<string>;
}

/** The shipped policies, in the bundle and as Rego for `opa`. */
export async function createDifferential(opa: string): Promise<Differential> {
  const bundle = await readBundle(await readFile(BUNDLE));
  const policy = await openPolicy(await preparePolicy(bundle));
  const schema = JSON.parse(await readFile(join(POLICIES, 'schemas/input.json'), 'utf8')) as JsonSchema;
  const inputs = arbitraryInput(schema, bundle.data as PolicyData, policy.directory) as fc.Arbitrary<Compared['input']>;

  async function compareAll(batch: readonly Compared['input'][]): Promise<Compared[]> {
    const theirs = await evaluateByOpa(opa, batch);
    const compared: Compared[] = [];
    for (const [index, input] of batch.entries()) compared.push(await compareOne(opa, policy, input, theirs[index]));
    return compared;
  }

  return {
    schema,
    async *compare(seed, count) {
      const all = fc.sample(inputs, { seed, numRuns: count });
      for (let start = 0; start < count; start += BATCH) yield* await compareAll(all.slice(start, start + BATCH));
    },
    async explain(seed, index) {
      const agrees = fc.asyncProperty(inputs, async (input) => {
        const [compared] = await compareAll([input]);
        if (compared?.difference !== undefined) throw new Error(compared.difference);
      });
      const { counterexample, errorInstance } = await fc.check(agrees, { seed, path: `${index}`, numRuns: 1 });
      const [input] = counterexample ?? [];
      const again = `npm run differential -- ${index + 1} ${seed}`;
      return `input ${index} of seed ${seed} (${again}), made smaller:\n${canonicalJson(input)}\n${errorInstance}`;
    },
  };
}

async function compareOne(opa: string, policy: Policy, input: Compared['input'], theirs: unknown): Promise<Compared> {
  const ours = policy.evaluate(canonicalJson(input), input.now);
  const wanted = normaliseEvaluation(evaluationSchema.parse(theirs)).evaluation;
  if ('fault' in ours.evaluation) {
    const agrees = await isErrorOfOpa(opa, input);
    return { input, ours, difference: agrees ? undefined : `opa evaluates this, we say: ${ours.detail}` };
  }
  const agrees = canonicalJson(ours.evaluation) === canonicalJson(wanted);
  return { input, ours, difference: agrees ? undefined : differenceOf(ours.evaluation, wanted) };
}

function differenceOf(ours: Evaluation, theirs: Evaluation): string {
  const texts = Object.keys({ ...theirs, ...ours }).map((name) => {
    const [we, opa] = [ours, theirs].map((each) => JSON.stringify(each[name as keyof Evaluation]));
    return we === opa ? '' : `\n${name}\n  opa: ${opa}\n  we:  ${we}`;
  });
  return texts.join('');
}

/** A fault of ours is right where OPA is as strict, and gives up too. */
async function isErrorOfOpa(opa: string, input: unknown): Promise<boolean> {
  return withFile(input, async (file) => {
    const args = ['--strict-builtin-errors', '-i', file, 'data.approval.decision'];
    const { code } = await run(opa, ['eval', '-b', BUNDLE, ...args]);
    return code !== 0;
  });
}

async function evaluateByOpa(opa: string, inputs: readonly unknown[]): Promise<unknown[]> {
  return withFile({ inputs }, async (file) => {
    const args = ['-b', BUNDLE, '-d', MODULE, '-i', file, 'data.differential.evaluations'];
    const { code, stdout, stderr } = await run(opa, ['eval', '--format', 'raw', ...args]);
    if (code !== 0) throw new Error(stderr || stdout);
    const evaluations = JSON.parse(stdout) as unknown[];
    if (evaluations.length !== inputs.length) throw new Error(`opa decided ${evaluations.length} of ${inputs.length}`);
    return evaluations;
  });
}

async function withFile<T>(value: unknown, use: (file: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'countersign-differential-'));
  try {
    const file = join(folder, 'value.json');
    await writeFile(file, canonicalJson(value));
    return await use(file);
  } finally {
    await rm(folder, { recursive: true });
  }
}
