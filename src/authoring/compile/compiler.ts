import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { canonicalJson, sha256 } from '../../base/canonical-json.ts';
import { type Bundle, packMembers, readBundle } from '../../bundle/bundle.ts';
import { DATA_MEMBER, WASM_MEMBER, withManifest } from '../../bundle/manifest.ts';
import { analysePolicies } from '../analysis.ts';
import { checkControls } from '../checks/control-check.ts';
import { checkData, findDataWarnings, readPolicyData } from '../checks/data-check.ts';
import { checkFacts } from '../checks/fact-check.ts';
import { checkKinds } from '../checks/kind-check.ts';
import { checkRego } from '../checks/rego-check.ts';
import { lineOf, type PolicyFault, PolicyFaults, policyInvalid } from '../policy-fault.ts';
import { type Sources, withSnapshot } from '../sources.ts';
import { CAPABILITIES_FILE } from '../toolchain/capabilities.ts';
import { pinnedVersion } from '../toolchain/tool.ts';
import { checkCompiled, compileFolder } from './policy-module.ts';

/** A folder of policies, and the `opa` that handles them. */
export interface PolicyFolder {
  policiesDir: string;
  opa: string;
  /** Gets a line for what is probably not meant, and does not keep the policies from being built. */
  warn?: (line: string) => void;
}

export interface BuildOptions extends PolicyFolder {
  /** What records call the bundle. */
  name: string;
  /** Rules to evaluate, as in `approval/decision`. */
  entrypoints: readonly string[];
}

/**
 * Checks what must hold before anything is compiled: strict Rego within our capabilities, data that fit their schemas;
 * and, looked at when the Rego holds, METADATA that names controls of the catalogue, kinds that are complete, and facts
 * that do not come from the request.
 * Throws AppError `policy_invalid` whose message has a line `file:line:column: message` for every fault. Where there is none,
 * `warn` gets a line `file:line:column: warning: message` for what is probably not meant.
 */
export async function checkPolicies(folder: PolicyFolder): Promise<void> {
  await withSnapshot(folder.policiesDir, (snapshot, sources) => check(folder, snapshot, sources));
}

/**
 * Compiles a folder of policies to a bundle: the WASM module, the data, and the sources as they were written. The same
 * folder gives the same members wherever it lies. Throws AppError `policy_invalid` as checkPolicies does.
 */
export async function buildBundle(options: BuildOptions): Promise<{ bytes: Uint8Array; bundle: Bundle }> {
  const { policiesDir, name, entrypoints } = options;
  const members = await withSnapshot(policiesDir, async (snapshot, sources) => {
    await check(options, snapshot, sources);
    const { data, wasm } = await compileFolder(options, snapshot);
    const files = new Map([[DATA_MEMBER, canonicalBytes(data)]]);
    // The modules in opa's own output lack the rules of the entry points, which it leaves to WASM.
    for (const path of [...sources.policies, ...sources.controls]) {
      files.set(path, await readFile(join(snapshot, path)));
    }
    const capabilities = sha256(await readFile(CAPABILITIES_FILE));
    const claims = { name, opa: await pinnedVersion('opa'), capabilities, entrypoints: [...entrypoints] };
    return withManifest(files.set(WASM_MEMBER, wasm), claims);
  });
  const bytes = await packMembers(members);
  return { bytes, bundle: await readBundle(bytes) };
}

async function check(folder: PolicyFolder, snapshot: string, sources: Sources): Promise<void> {
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

/** What can be told of Rego that holds. */
async function checkMeaning(snapshot: string, sources: Sources, opa: string): Promise<PolicyFault[]> {
  const [{ modules, rules, visits }, data] = await Promise.all([
    analysePolicies(snapshot, opa, sources),
    readPolicyData(snapshot, sources),
  ]);
  const controls = await checkControls(snapshot, opa, sources, visits);
  const compiled = await checkCompiled(rules, snapshot, opa);
  return [...controls, ...checkKinds(modules, data), ...checkFacts(visits, modules).faults, ...compiled];
}

function canonicalBytes(value: unknown): Uint8Array {
  return new TextEncoder().encode(canonicalJson(value));
}
