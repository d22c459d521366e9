import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AppError } from '../domain/errors.ts';
import { unpackMembers } from './bundle.ts';
import type { RegoModule } from './rego-modules.ts';
import { run } from './run.ts';

/**
 * What OPA compiles policies to before it makes WASM of it (https://www.openpolicyagent.org/docs/ir): every name is
 * resolved, and every statement does one thing and says where it was written.
 */
export interface Plan {
  static: { strings: readonly { value: string }[]; files: readonly { value: string }[] };
  plans: { plans: readonly { name: string; blocks: readonly Block[] }[] };
  funcs: { funcs: readonly PlannedFunction[] };
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

const PLAN_MEMBER = 'plan.json';
const ENTRY_PACKAGE = 'countersign_everything';
/** The plan that evaluates every rule. */
export const ENTRY_PLAN = `${ENTRY_PACKAGE}/all`;

/**
 * Plans every rule and function of the modules below a folder, also those that no entrypoint leads to. Throws AppError
 * `internal` when `opa` cannot: what it has checked, it can plan.
 */
export async function planModules(folder: string, opa: string, modules: readonly RegoModule[]): Promise<Plan> {
  const scratch = await mkdtemp(join(tmpdir(), 'countersign-plan-'));
  try {
    const [everything, output] = [join(scratch, 'everything.rego'), join(scratch, 'plan.tar.gz')];
    await writeFile(everything, moduleThatAsksForAll(modules));
    const how = ['--target', 'plan', '--entrypoint', ENTRY_PLAN, '--output', output];
    const files = modules.map(({ file }) => file);
    const { code, stdout, stderr } = await run(opa, ['build', ...how, ...files, everything], { cwd: folder });
    if (code !== 0) throw new AppError('internal', `opa cannot plan what it has checked: ${stderr || stdout}`);
    const plan = (await unpackMembers(await readFile(output))).get(PLAN_MEMBER);
    return JSON.parse(new TextDecoder().decode(plan)) as Plan;
  } finally {
    await rm(scratch, { recursive: true });
  }
}

function moduleThatAsksForAll(modules: readonly RegoModule[]): string {
  const calls = modules.flatMap(({ package: path, rules }) =>
    rules.map(({ name, arity }) => {
      const reference = ['data', ...[...path, ...name].map((step) => `[${JSON.stringify(step)}]`)].join('');
      // `input` is of any type, so that each call passes the type checker.
      return arity === undefined ? reference : `${reference}(${Array(arity).fill('input.anything').join(', ')})`;
    }),
  );
  const bodies = [...new Set(calls)].map((call) => `all contains true if ${call}`);
  return [`package ${ENTRY_PACKAGE}`, ...bodies, ''].join('\n');
}
