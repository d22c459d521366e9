import { join } from 'node:path';
import { z } from 'zod';
import { analysePolicies } from './analysis.ts';
import { checkFacts } from './checks/fact-check.ts';
import { checkRego, locationSchema } from './checks/rego-check.ts';
import { checkPolicies, type PolicyFolder } from './compile/compiler.ts';
import { byPlace, faultOf, lineOf, type PolicyFault, policyInvalid } from './policy-fault.ts';
import { listSources, type Sources, withSnapshot } from './sources.ts';
import { nameOfCase, type OpaTest, parseTestReport } from './testing/opa-tests.ts';
import { compareTests } from './testing/test-comparison.ts';
import type { EvaluateAll } from './testing/wasm-tests.ts';
import { parseOpaErrors } from './toolchain/opa-errors.ts';
import { type Finished, run } from './toolchain/run.ts';

const NONE_COMPARED =
  'none of the tests can run through WASM: mend what the warnings say, or test with --no-wasm in OPA alone';

/** For all cases of a parameterised test together. OPA's own limit, 5 s, is one for a single case. */
const TEST_TIMEOUT = '100s';

const positionSchema = z.object({ row: z.int(), col: z.int() });
const coverageSchema = z.object({
  files: z.record(z.string(), z.object({ not_covered: z.array(z.object({ start: positionSchema })).default([]) })),
});

const lintSchema = z.object({
  violations: z.array(
    z.object({ title: z.string(), category: z.string(), description: z.string(), location: locationSchema }),
  ),
});

/**
 * Compares the policies and their tests with what `opa fmt` would write; with `write`, writes it and answers the paths of
 * what changed. Throws AppError `policy_invalid` for Rego that does not parse and, unless it may write, for each
 * difference.
 */
export async function formatPolicies(folder: PolicyFolder, write: boolean): Promise<string[]> {
  const { policiesDir, opa } = folder;
  const { policies, tests } = await listSources(policiesDir);
  const format = (mode: string) => run(opa, ['fmt', mode, ...policies, ...tests], { cwd: policiesDir });
  const listed = await format('--list');
  if (listed.code !== 0) await refuse(folder, listed);
  const files = listed.stdout.split('\n').filter(Boolean);
  if (files.length === 0) return [];
  const faults = files.map((file) => faultOf(file, 'is not formatted'));
  if (!write) throw policyInvalid(policiesDir, faults);
  await format('--write');
  return files.map((file) => join(policiesDir, file));
}

export interface TestOptions {
  /** Whether the tests run through WASM as well; the default is true. */
  wasm?: boolean;
  /** See compareTests. */
  evaluateAll?: EvaluateAll;
}

/**
 * Runs the tests of the policies, and then through WASM what they work out. Returns how many tests there are, and how many of
 * them ran through WASM; each case of a parameterised test `test_x[name]` counts as one. `warn` gets a line for each that
 * could not run. Throws AppError `policy_invalid` with a line for each test
 * that fails, followed by what OPA has to say about it; once all pass, for each place that no test reaches; and once all is
 * reached, for each value that is another one through WASM.
 */
export async function testPolicies(
  folder: PolicyFolder,
  { wasm = true, evaluateAll }: TestOptions = {},
): Promise<{ tests: number; compared: number }> {
  const { policiesDir, opa } = folder;
  return withSnapshot(policiesDir, async (snapshot, sources) => {
    const test = (...how: string[]) =>
      run(opa, ['test', '--timeout', TEST_TIMEOUT, ...how, '--bundle', '.'], { cwd: snapshot });
    const report = await test('--format', 'json');
    if (!report.stdout.startsWith('[')) await refuse({ policiesDir, opa }, report);
    const tests = parseTestReport(report.stdout);
    if (tests.length === 0) throw policyInvalid(policiesDir, [faultOf('.', 'holds no test')]);
    const failures = tests.flatMap(failuresOf).sort(byPlace);
    if (failures.length > 0) throw policyInvalid(policiesDir, failures, (await test('--var-values')).stdout);
    const gaps = gapsOf((await test('--coverage', '--format', 'json')).stdout);
    if (gaps.length > 0) throw policyInvalid(policiesDir, gaps);
    const count = tests.reduce((sum, { cases }) => sum + Math.max(1, cases.length), 0);
    if (!wasm) return { tests: count, compared: 0 };
    const compared = await testThroughWasm(folder, snapshot, sources, tests, evaluateAll);
    return { tests: count, compared };
  });
}

/** How many of the tests ran through WASM; throws for those that gave something else there, or if none could run. */
async function testThroughWasm(
  { policiesDir, opa, warn }: PolicyFolder,
  snapshot: string,
  sources: Sources,
  tests: readonly OpaTest[],
  evaluateAll: TestOptions['evaluateAll'],
): Promise<number> {
  const folder = { policiesDir, opa };
  const { compared, differences, skipped } = await compareTests(folder, snapshot, sources, tests, evaluateAll);
  for (const fault of skipped) warn?.(lineOf(policiesDir, { ...fault, message: `warning: ${fault.message}` }));
  if (differences.length > 0) throw policyInvalid(policiesDir, [...differences].sort(byPlace));
  if (compared === 0) throw policyInvalid(policiesDir, [faultOf('.', NONE_COMPARED)]);
  return compared;
}

/**
 * Lints the policies with Regal, and looks for facts that come from the request (checkFacts). Throws AppError
 * `policy_invalid` with a line for each violation.
 */
export async function lintPolicies(folder: PolicyFolder, regal: string): Promise<void> {
  const { policiesDir, opa } = folder;
  const report = await run(regal, ['lint', '--format', 'json', '.'], { cwd: policiesDir });
  if (!report.stdout.startsWith('{')) await refuse(folder, report);
  const { violations } = lintSchema.parse(JSON.parse(report.stdout));
  const faults = violations.map(({ location, category, title, description }) => {
    return { ...location, message: `${description} (${category}/${title})` };
  });
  const asserted = await withSnapshot(policiesDir, async (snapshot, sources) => {
    const unsound = await checkRego(snapshot, opa, sources);
    if (unsound.length > 0) return unsound;
    const { modules, visits } = await analysePolicies(snapshot, opa, sources);
    return checkFacts(visits, modules).faults;
  });
  if (faults.length + asserted.length > 0) throw policyInvalid(policiesDir, [...faults, ...asserted]);
}

/** One for each case of a parameterised test that fails. */
function failuresOf(test: OpaTest): PolicyFault[] {
  const { location, name, fault, cases } = test;
  if (fault === null) return [];
  const failed = cases.filter(({ passes }) => !passes).map((each) => nameOfCase(test, each));
  return (failed.length > 0 ? failed : [name]).map((each) => ({ ...location, message: `${each} ${fault}` }));
}

function gapsOf(report: string): PolicyFault[] {
  const { files } = coverageSchema.parse(JSON.parse(report));
  return Object.entries(files).flatMap(([file, { not_covered: gaps }]) => {
    return gaps.map(({ start }) => ({ file, line: start.row, column: start.col, message: 'no test gets here' }));
  });
}

/** What keeps a tool from reading the policies, `opa check` says with lines and columns. */
async function refuse(folder: PolicyFolder, { stdout, stderr }: Finished): Promise<never> {
  await checkPolicies(folder);
  throw policyInvalid(folder.policiesDir, parseOpaErrors(stderr || stdout));
}
