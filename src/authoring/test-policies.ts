import { z } from 'zod';
import { refuseUnreadable } from './check-policies.ts';
import { byPlace, faultOf, lineOf, type PolicyFault, policyInvalid } from './policy-fault.ts';
import { type PolicyFolder, type Sources, withSnapshot } from './policy-folder.ts';
import { nameOfCase, type OpaTest, parseTestReport } from './testing/opa-tests.ts';
import { compareTests } from './testing/test-comparison.ts';
import type { EvaluateAll } from './testing/wasm-tests.ts';
import { run } from './toolchain/run.ts';

const NONE_COMPARED =
  'none of the tests can run through WASM: fix what the warnings report, or use --no-wasm to run the tests with OPA alone';

/** For all cases of a parameterised test together. OPA's own limit, 5 s, is one for a single case. */
const TEST_TIMEOUT = '100s';

const positionSchema = z.object({ row: z.int(), col: z.int() });
const coverageSchema = z.object({
  files: z.record(z.string(), z.object({ not_covered: z.array(z.object({ start: positionSchema })).default([]) })),
});

export interface TestOptions {
  /** Whether the tests run through WASM as well; the default is true. */
  wasm?: boolean;
  /** See compareTests. */
  evaluateAll?: EvaluateAll;
}

/**
 * Runs the tests of the policies with `opa test`, and then evaluates the same rules through WASM. Returns how many tests there
 * are, and how many of them ran through WASM; each case of a parameterised test `test_x[name]` counts as one. `warn` gets one
 * line for each test that cannot run through WASM.
 *
 * Rejects with AppError `policy_invalid`, one line per fault: for each test that fails, with OPA's own output; if all pass, for
 * each line that no test covers; if all lines are covered, for each value that differs through WASM.
 */
export async function testPolicies(
  folder: PolicyFolder,
  { wasm = true, evaluateAll }: TestOptions = {},
): Promise<{ tests: number; compared: number }> {
  const { policiesDir, opa } = folder;
  return withSnapshot(policiesDir, async (snapshot, sources) => {
    const test = (...how: string[]) =>
      run(opa, ['test', '--timeout', TEST_TIMEOUT, ...how, '--bundle', '.'], { cwd: snapshot });
    const [report, coverage] = await Promise.all([test('--format', 'json'), test('--coverage', '--format', 'json')]);
    if (!report.stdout.startsWith('[')) await refuseUnreadable({ policiesDir, opa }, report);
    const tests = parseTestReport(report.stdout);
    if (tests.length === 0) throw policyInvalid(policiesDir, [faultOf('.', 'contains no test')]);
    const failures = tests.flatMap(failuresOf).sort(byPlace);
    if (failures.length > 0) throw policyInvalid(policiesDir, failures, (await test('--var-values')).stdout);
    const gaps = gapsOf(coverage.stdout);
    if (gaps.length > 0) throw policyInvalid(policiesDir, gaps);
    const count = tests.reduce((sum, { cases }) => sum + Math.max(1, cases.length), 0);
    if (!wasm) return { tests: count, compared: 0 };
    const compared = await testThroughWasm(folder, snapshot, sources, tests, evaluateAll);
    return { tests: count, compared };
  });
}

/** Returns how many tests ran through WASM. Throws where one gave another value there, or where none could run. */
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
    return gaps.map(({ start }) => ({ file, line: start.row, column: start.col, message: 'no test covers this' }));
  });
}
