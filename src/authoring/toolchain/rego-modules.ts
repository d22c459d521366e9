import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { AppError } from '../../base/errors.ts';
import { faultOf, PolicyFaults } from '../policy-fault.ts';
import { parseOpaErrors } from './opa-errors.ts';
import { run } from './run.ts';

/** A file of Rego: its package below `data`, and the rules that it defines. */
export interface RegoModule {
  file: string;
  text: string;
  package: readonly string[];
  rules: readonly RegoRule[];
}

export interface RegoRule {
  /** The constant beginning of its name: `["decision"]`, or `["limits", "low"]` for `limits.low[x]`. */
  name: readonly string[];
  /** How many arguments it takes; undefined for a rule that is not a function. */
  arity: number | undefined;
}

const QUERY = '{file: module | some file, text in input; module := rego.parse_module(file, text)}';

const termSchema = z.object({ type: z.string(), value: z.unknown() });
const modulesSchema = z.record(
  z.string(),
  z.object({
    package: z.object({ path: z.array(termSchema) }),
    rules: z
      .array(z.object({ head: z.object({ ref: z.array(termSchema), args: z.array(z.unknown()).optional() }) }))
      .default([]),
  }),
);

/**
 * Parses files below a folder with one run of `opa`. The folder must be a copy. Throws PolicyFaults, also for a file that
 * `opa` cannot describe (see describableModules).
 */
export async function parseModules(folder: string, opa: string, files: readonly string[]): Promise<RegoModule[]> {
  const modules = await describableModules(folder, opa, files);
  const left = files.filter((file) => !modules.some((module) => module.file === file));
  const message = 'opa cannot describe this file: it is nested too deeply, or a string contains U+FEFF or U+0000';
  if (left.length > 0) throw new PolicyFaults(left.map((file) => faultOf(file, message)));
  return modules;
}

/**
 * The same without the files that `opa` parses but cannot describe as JSON: those nested more than 10,000 levels deep, and
 * those with U+FEFF or U+0000 in a string, which it does not read back.
 */
export async function describableModules(folder: string, opa: string, files: readonly string[]): Promise<RegoModule[]> {
  const texts = await Promise.all(
    files.map(async (file) => [file, await readFile(join(folder, file), 'utf8')] as const),
  );
  const input = join(folder, '.modules.json');
  await writeFile(input, JSON.stringify(Object.fromEntries(texts)));
  const { code, stdout, stderr } = await run(opa, ['eval', '--format', 'raw', '--input', input, QUERY]);
  if (code !== 0) throw new PolicyFaults(parseOpaErrors(stderr || stdout));
  const parsed = modulesSchema.parse(JSON.parse(stdout));
  return texts.flatMap(([file, text]) => {
    const module = parsed[file];
    if (module === undefined) return [];
    const { path } = module.package;
    const rules = module.rules.map(({ head: { ref, args } }) => ({ name: constantsOf(ref), arity: args?.length }));
    return [{ file, text, package: path.slice(1).map(({ value }) => String(value)), rules }];
  });
}

/** The output of `opa parse` for a file below a folder, with the source text of each node. Rejects with AppError `internal`. */
export async function parseWithLocations(folder: string, opa: string, file: string): Promise<unknown> {
  const args = ['parse', '--format', 'json', '--json-include', 'locations', file];
  const { code, stdout, stderr } = await run(opa, args, { cwd: folder });
  if (code !== 0)
    throw new AppError('internal', `opa cannot parse ${file}, which it has compiled: ${stderr || stdout}`);
  return JSON.parse(stdout);
}

/** The head is a variable that is the name itself; what comes after it counts until something is not known yet. */
function constantsOf(ref: readonly z.output<typeof termSchema>[]): string[] {
  const end = ref.findIndex(({ type }, index) => index > 0 && type !== 'string');
  return ref.slice(0, end < 0 ? ref.length : end).map(({ value }) => String(value));
}
