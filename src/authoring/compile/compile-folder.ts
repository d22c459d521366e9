import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AppError } from '../../base/errors.ts';
import { parseJsonText } from '../../base/json-text.ts';
import { unpackMembers } from '../../bundle/bundle.ts';
import { DATA_MEMBER, type Members, WASM_MEMBER } from '../../bundle/manifest.ts';
import { compileModule } from '../../rego/rego.ts';
import { PRUNED, parsePlan } from '../plan/plan.ts';
import { blocksOf, type PlannedRules, placeOf, statementsIn } from '../plan/planned-rules.ts';
import { faultOf, type PolicyFault, policyInvalid } from '../policy-fault.ts';
import { CAPABILITIES_FILE } from '../toolchain/capabilities.ts';
import { parseOpaErrors } from '../toolchain/opa-errors.ts';
import { run } from '../toolchain/run.ts';
import { findLostReferences } from './lost-references.ts';
import { repairModule } from './module-repair.ts';
import { findWrongNegations, type Rewritten, rewriteNegations } from './negations.ts';
import { orderModifiers } from './with-order.ts';

const PLAN_MEMBER = 'plan.json';

export interface ModuleOptions {
  /** The folder that messages about faults name. */
  policiesDir: string;
  opa: string;
  /** Rules to evaluate, as in `approval/decision`. */
  entrypoints: readonly string[];
  /** Whether to compile the tests too, so that they can be entrypoints. */
  withTests?: boolean;
}

/**
 * Compiles a checked folder with `opa`, and corrects what its compiler gets wrong: negations (rewriteNegations), the order of
 * modifiers (orderModifiers), and dynamic references into packages with functions (repairModule). `opa` runs inside the
 * folder, so that its output contains no path of this machine. Rejects with AppError `policy_invalid` for policies that do not
 * compile, or only to a module that would not answer as OPA does.
 */
export async function compileFolder(
  options: ModuleOptions,
  folder: string,
): Promise<{ wasm: Uint8Array; data: unknown }> {
  const { policiesDir, opa, withTests = false } = options;
  const [rules, compiled] = await Promise.all([planOf(options, folder), build(options, folder, 'wasm')]);
  const { files, faults } = await repairSources(rules, folder, opa);
  if (faults.length > 0) throw policyInvalid(policiesDir, faults);
  const rewritten = new Map([...files, ...(await orderModifiers(folder, opa, files, withTests))]);
  const members =
    rewritten.size === 0 ? compiled : await withRewritten(folder, rewritten, (copy) => build(options, copy, 'wasm'));
  const [wasm, data] = [members.get(WASM_MEMBER), members.get(DATA_MEMBER)];
  if (!wasm || !data) throw new AppError('internal', 'opa built a bundle without a module or data');
  const repaired = repairModule(wasm);
  await compileModule(repaired).catch((error: Error) => {
    throw policyInvalid(policiesDir, [doesNotOpen(rules, error.message)]);
  });
  return { wasm: repaired, data: parseJsonText(data) };
}

/** Finds the places that would not answer as OPA does once they are compiled, and that cannot be corrected. */
export async function checkCompiled(rules: PlannedRules, folder: string, opa: string): Promise<readonly PolicyFault[]> {
  return (await repairSources(rules, folder, opa)).faults;
}

async function repairSources(rules: PlannedRules, folder: string, opa: string): Promise<Rewritten> {
  const { files, faults } = await rewriteNegations(folder, opa, findWrongNegations(rules));
  return { files, faults: [...findLostReferences(rules), ...faults] };
}

async function planOf(options: ModuleOptions, folder: string): Promise<PlannedRules> {
  const plan = (await build(options, folder, 'plan')).get(PLAN_MEMBER);
  return parsePlan(new TextDecoder().decode(plan), '');
}

async function build(options: ModuleOptions, folder: string, target: 'plan' | 'wasm'): Promise<Members> {
  const { policiesDir, opa, entrypoints, withTests = false } = options;
  const rules = entrypoints.flatMap((entrypoint) => ['--entrypoint', entrypoint]);
  const scope = withTests ? [] : ['--ignore', '*_test.rego'];
  const scratch = await mkdtemp(join(tmpdir(), 'countersign-build-'));
  try {
    const output = join(scratch, 'bundle.tar.gz');
    // Tests may print, and may replace builtins that policies may not call.
    const capabilities = withTests ? [] : ['--capabilities', CAPABILITIES_FILE];
    const how = ['--target', target, ...capabilities, PRUNED, ...scope, ...rules];
    const args = ['build', ...how, '--output', output, '--bundle', '.'];
    const { code, stdout, stderr } = await run(opa, args, { cwd: folder });
    if (code !== 0) throw policyInvalid(policiesDir, parseOpaErrors(stderr || stdout));
    return await unpackMembers(await readFile(output));
  } finally {
    await rm(scratch, { recursive: true });
  }
}

/** V8 names the function that is not valid. OPA names the function of a rule after the rule. */
function doesNotOpen({ functions, files }: PlannedRules, why: string): PolicyFault {
  const rule = functions.find(({ name }) => why.includes(`"${name}"`));
  const [first] = rule === undefined ? [] : blocksOf([rule]).flatMap(statementsIn);
  const place = first ? placeOf(files, first.stmt) : faultOf('.', '');
  const message = `OPA compiles this to an invalid module: ${why}`;
  return { ...place, message };
}

async function withRewritten<T>(
  folder: string,
  files: ReadonlyMap<string, string>,
  use: (copy: string) => Promise<T>,
): Promise<T> {
  const copy = await mkdtemp(join(tmpdir(), 'countersign-rewritten-'));
  try {
    await cp(folder, copy, { recursive: true });
    for (const [file, text] of files) await writeFile(join(copy, file), text);
    return await use(copy);
  } finally {
    await rm(copy, { recursive: true });
  }
}
