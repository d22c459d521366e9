import { join } from 'node:path';
import { refuseUnreadable } from './check-policies.ts';
import { faultOf, policyInvalid } from './policy-fault.ts';
import { listSources, type PolicyFolder } from './policy-folder.ts';
import { run } from './toolchain/run.ts';

/**
 * Finds the policies and tests that `opa fmt` would write differently. With `write`, it rewrites them and returns their paths.
 * Rejects with AppError `policy_invalid` for Rego that does not parse and, without `write`, with one line for each file that
 * is not formatted.
 */
export async function formatPolicies(folder: PolicyFolder, write: boolean): Promise<string[]> {
  const { policiesDir, opa } = folder;
  const { policies, tests } = await listSources(policiesDir);
  const format = (mode: string) => run(opa, ['fmt', mode, ...policies, ...tests], { cwd: policiesDir });
  const listed = await format('--list');
  if (listed.code !== 0) await refuseUnreadable(folder, listed);
  const files = listed.stdout.split('\n').filter(Boolean);
  if (files.length === 0) return [];
  const faults = files.map((file) => faultOf(file, 'is not formatted'));
  if (!write) throw policyInvalid(policiesDir, faults);
  await format('--write');
  return files.map((file) => join(policiesDir, file));
}
