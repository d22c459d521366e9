import { analysePolicies } from './analysis.ts';
import { checkControls } from './checks/control-check.ts';
import { checkData, findDataWarnings, readPolicyData } from './checks/data-check.ts';
import { checkFacts } from './checks/fact-check.ts';
import { checkKinds } from './checks/kind-check.ts';
import { checkRego } from './checks/rego-check.ts';
import { checkCompiled } from './compile/compile-folder.ts';
import { lineOf, type PolicyFault, PolicyFaults, policyInvalid } from './policy-fault.ts';
import { type PolicyFolder, type Sources, withSnapshot } from './policy-folder.ts';
import { parseOpaErrors } from './toolchain/opa-errors.ts';
import type { Finished } from './toolchain/run.ts';

/**
 * Checks a folder of policies before anything is compiled: the Rego is strict and within our capabilities, and the data fit
 * their schemas. If the Rego passes, it also checks that METADATA names controls of the catalogue, that kinds are complete,
 * that no fact is taken from the request, and that everything compiles to WASM that answers as OPA does.
 *
 * Rejects with AppError `policy_invalid` whose message has one line `file:line:column: message` per fault. Where there is no
 * fault, `warn` gets one line `file:line:column: warning: message` for each probable mistake.
 *
 * @example await checkPolicies({ policiesDir: 'policies', opa: await findTool('opa'), warn: console.error });
 */
export async function checkPolicies(folder: PolicyFolder): Promise<void> {
  await withSnapshot(folder.policiesDir, (snapshot, sources) => checkSnapshot(folder, snapshot, sources));
}

/** Checks a snapshot of the folder as checkPolicies does. */
export async function checkSnapshot(folder: PolicyFolder, snapshot: string, sources: Sources): Promise<void> {
  const { policiesDir, opa, warn } = folder;
  const [rego, data] = await Promise.all([checkRego(snapshot, opa, sources), checkData(snapshot, sources)]);
  const meaning = rego.length === 0 ? await checkMeaning(snapshot, sources, opa).catch(faultsIn) : [];
  const faults = [...rego, ...data, ...meaning];
  if (faults.length > 0) throw policyInvalid(policiesDir, faults);
  if (warn === undefined) return;
  const warnings = findDataWarnings(await readPolicyData(snapshot, sources));
  for (const { message, ...at } of warnings) warn(lineOf(policiesDir, { ...at, message: `warning: ${message}` }));
}

function faultsIn(error: unknown): readonly PolicyFault[] {
  if (error instanceof PolicyFaults) return error.faults;
  throw error;
}

/** Checks that need Rego without faults. */
async function checkMeaning(snapshot: string, sources: Sources, opa: string): Promise<PolicyFault[]> {
  const [{ modules, rules, visits }, data] = await Promise.all([
    analysePolicies(snapshot, opa, sources),
    readPolicyData(snapshot, sources),
  ]);
  const controls = await checkControls(snapshot, opa, sources, visits);
  const compiled = await checkCompiled(rules, snapshot, opa);
  return [...controls, ...checkKinds(modules, data), ...checkFacts(visits, modules).faults, ...compiled];
}

/**
 * Refuses policies that a tool could not read. Where `opa check` finds faults in them, the error names those, with lines and
 * columns; otherwise it repeats what the tool wrote. Always rejects with AppError `policy_invalid`.
 */
export async function refuseUnreadable(folder: PolicyFolder, { stdout, stderr }: Finished): Promise<never> {
  await checkPolicies(folder);
  throw policyInvalid(folder.policiesDir, parseOpaErrors(stderr || stdout));
}
