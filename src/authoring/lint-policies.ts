import { z } from 'zod';
import { analysePolicies } from './analysis.ts';
import { refuseUnreadable } from './check-policies.ts';
import { checkFacts } from './checks/fact-check.ts';
import { checkRego } from './checks/rego-check.ts';
import { policyInvalid } from './policy-fault.ts';
import { type PolicyFolder, withSnapshot } from './policy-folder.ts';
import { locationSchema } from './toolchain/opa-location.ts';
import { run } from './toolchain/run.ts';

const lintSchema = z.object({
  violations: z.array(
    z.object({ title: z.string(), category: z.string(), description: z.string(), location: locationSchema }),
  ),
});

/**
 * Lints the policies with Regal (`regal` is a path), and checks that no fact is taken from the request (checkFacts). Rejects
 * with AppError `policy_invalid` with one line for each violation.
 */
export async function lintPolicies(folder: PolicyFolder, regal: string): Promise<void> {
  const { policiesDir, opa } = folder;
  const report = await run(regal, ['lint', '--format', 'json', '.'], { cwd: policiesDir });
  if (!report.stdout.startsWith('{')) await refuseUnreadable(folder, report);
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
