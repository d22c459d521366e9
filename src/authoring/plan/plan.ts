import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { unpackMembers } from '../../bundle/bundle.ts';
import { PolicyFaults } from '../policy-fault.ts';
import { parseOpaErrors } from '../toolchain/opa-errors.ts';
import type { RegoModule } from '../toolchain/rego-modules.ts';
import { run } from '../toolchain/run.ts';

/**
 * What OPA compiles policies to before it makes WASM of it (https://www.openpolicyagent.org/docs/ir): every name is
 * resolved, and every statement does one thing and says where it was written.
 */
export interface Plan {
  strings: readonly string[];
  /** Names of files, by the numbers that statements have for them. */
  files: readonly string[];
  /** What the plan does that evaluates every rule. */
  blocks: readonly Block[];
  functions: readonly PlannedFunction[];
}

export interface PlannedFunction {
  name: string;
  /** `g0`, then the path below `data`. */
  path: readonly string[];
  /** Locals: the input, the data, then the arguments. */
  params: readonly number[];
  return: number;
  blocks: readonly Block[];
}

export interface Block {
  stmts: readonly Statement[];
}

export interface Statement {
  type: string;
  stmt: { file: number; row: number; col: number } & Readonly<Record<string, unknown>>;
}

const constantsSchema = z
  .array(z.object({ value: z.string() }))
  .default([])
  .transform((constants) => constants.map(({ value }) => value));
const blocksSchema = z.array(z.custom<Block>(isBlock));
const planSchema = z
  .object({
    static: z.object({ strings: constantsSchema, files: constantsSchema }),
    plans: z.object({ plans: z.array(z.object({ name: z.string(), blocks: blocksSchema })) }),
    funcs: z.object({
      funcs: z.array(
        z.object({
          name: z.string(),
          path: z.array(z.string()).default([]),
          params: z.array(z.int()),
          return: z.int(),
          blocks: blocksSchema,
        }),
      ),
    }),
  })
  .transform(({ static: constants, plans: { plans }, funcs: { funcs } }) => ({
    ...constants,
    plans,
    functions: funcs,
  }));

const PLAN_MEMBER = 'plan.json';
const ENTRY_PACKAGE = 'countersign_everything';
/**
 * Keeps `opa build` from making entrypoints of all that depends on one, say on a rule whose METADATA say `entrypoint: true`:
 * it fails where functions are among that.
 */
export const PRUNED = '--prune-unused';

/**
 * Plans every rule and function of the modules below a folder, also those that no entrypoint leads to. Throws PolicyFaults
 * where `opa` cannot.
 */
export async function planModules(folder: string, opa: string, modules: readonly RegoModule[]): Promise<Plan> {
  const scratch = await mkdtemp(join(tmpdir(), 'countersign-plan-'));
  try {
    const [everything, output] = [join(scratch, 'everything.rego'), join(scratch, 'plan.tar.gz')];
    const entry = unusedPackage(modules);
    await writeFile(everything, moduleThatAsksForAll(modules, entry));
    const how = ['--target', 'plan', PRUNED, '--entrypoint', `${entry}/all`, '--output', output];
    const files = modules.map(({ file }) => file);
    const { code, stdout, stderr } = await run(opa, ['build', ...how, ...files, everything], { cwd: folder });
    if (code !== 0) throw new PolicyFaults(parseOpaErrors(stderr || stdout));
    const plan = (await unpackMembers(await readFile(output))).get(PLAN_MEMBER);
    return parsePlan(new TextDecoder().decode(plan), `${entry}/all`);
  } finally {
    await rm(scratch, { recursive: true });
  }
}

/** Reads what `opa build --target plan` writes, with the plan of that entrypoint. Throws ZodError for what is none. */
export function parsePlan(text: string, entrypoint: string): Plan {
  const { plans, ...plan } = planSchema.parse(withoutNulls(JSON.parse(text)));
  return { ...plan, blocks: plans.find(({ name }) => name === entrypoint)?.blocks ?? [] };
}

/** Go writes a list that has nothing in it as null. Nothing else in a plan is null. */
function withoutNulls(plan: unknown): unknown {
  const nodes = [plan];
  for (const node of nodes) {
    for (const [name, value] of Object.entries(node as Record<string, unknown>)) {
      if (value === null) (node as Record<string, unknown>)[name] = [];
      else if (typeof value === 'object') nodes.push(value);
    }
  }
  return plan;
}

/** What is in a statement is not looked at here: it can lie deeper than a schema could follow. */
function isBlock(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'stmts' in value && Array.isArray(value.stmts);
}

/** The name of a package that no policy is in. */
function unusedPackage(modules: readonly RegoModule[]): string {
  const used = new Set(modules.map(({ package: [root] }) => root));
  let name = ENTRY_PACKAGE;
  while (used.has(name)) name += '_';
  return name;
}

function moduleThatAsksForAll(modules: readonly RegoModule[], entry: string): string {
  const calls = modules.flatMap(({ package: path, rules }) =>
    rules.map(({ name, arity }) => {
      const reference = ['data', ...[...path, ...name].map((step) => `[${JSON.stringify(step)}]`)].join('');
      // `input` is of any type, so that each call passes the type checker.
      return arity === undefined ? reference : `${reference}(${Array(arity).fill('input.anything').join(', ')})`;
    }),
  );
  const bodies = [...new Set(calls)].map((call) => `all contains true if ${call}`);
  // Where there are only packages without rules, this is its only body.
  return [`package ${entry}`, 'all contains true if input.anything', ...bodies, ''].join('\n');
}
