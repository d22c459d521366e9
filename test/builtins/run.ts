import { randomInt } from 'node:crypto';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { defaultCacheDir, findTool } from '../../src/authoring/toolchain/tool.ts';
import type { BuiltinTable } from '../../src/rego/builtins/builtin.ts';
import type { Call } from './by-opa.ts';
import { answerDirectly, createEvaluation } from './by-us.ts';
import { type Comparison, compareBuiltins, type Difference, explain, smallest } from './compare.ts';
import { declaredBuiltins } from './declared.ts';
import { writePage } from './docs.ts';

// npm run builtins [-- name … --count N --seed S --all --texts --table FILE | --write-docs]
// Whether each builtin answers as that of `opa eval`. A name may end with `*`: `json.*`.

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    count: { type: 'string', default: '200' },
    seed: { type: 'string', default: String(randomInt(2 ** 31)) },
    /** Prints every difference, not the smallest of each builtin alone. */
    all: { type: 'boolean', default: false },
    /** Prints errors with different texts, too. */
    texts: { type: 'boolean', default: false },
    /** Calls the functions that a source file exports in its tables, and not those of a WASM module. */
    table: { type: 'string' },
    /** Compares nothing, and puts the known differences into docs/builtins.md. */
    'write-docs': { type: 'boolean', default: false },
  },
});
if (options['write-docs']) {
  await writePage();
  process.exit();
}
const [count, seed] = [naturalOf(options.count), naturalOf(options.seed)];
const cacheDir = defaultCacheDir(process.env);
const opa = await findTool('opa', { opa: process.env['COUNTERSIGN_OPA'], cacheDir, env: process.env });
const table = options.table === undefined ? undefined : await tableOf(options.table);
const builtins = (await declaredBuiltins()).filter(({ name }) => isAsked(name));

const evaluation = table === undefined ? await createEvaluation(opa, builtins) : directEvaluation(table);
process.stdout.write(`${count} cases of each of ${builtins.length} builtins, of seed ${seed}\n`);
printRow(['builtin', 'cases', 'values', 'differ', 'known', 'texts', 'no opa']);
let differing = 0;
for await (const comparison of compareBuiltins(builtins, { opa, count, seed, answer: evaluation.answer })) {
  print(comparison);
  differing += comparison.differences.length;
}
await evaluation.close();
process.exitCode = differing === 0 ? 0 : 1;

function print({ builtin, cases, values, differences, known, otherTexts, unanswered }: Comparison): void {
  printRow([builtin, cases, values, differences.length, known.length, otherTexts.length, unanswered.length]);
  for (const each of shown(differences)) printDifference(each);
  if (options.all) for (const each of unanswered) printDifference(each);
  if (options.texts) for (const each of shown(otherTexts)) printDifference(each);
}

function shown(differences: readonly Difference[]): readonly Difference[] {
  const first = smallest(differences);
  return options.all || first === undefined ? differences : [first];
}

function printDifference(difference: Difference): void {
  const lines = explain(difference)
    .split('\n')
    .map((line) => `  ${shortened(line)}\n`);
  process.stdout.write(lines.join(''));
}

function shortened(text: string): string {
  return text.length > 400 && !options.all ? `${text.slice(0, 400)}… (${text.length} characters)` : text;
}

function printRow([name, ...cells]: readonly (string | number)[]): void {
  process.stdout.write(`${String(name).padEnd(56)}${cells.map((cell) => String(cell || '').padStart(8)).join('')}\n`);
}

function isAsked(name: string): boolean {
  if (table !== undefined && !Object.hasOwn(table, name)) return false;
  return positionals.length === 0 || positionals.some((each) => isMeant(name, each));
}

function directEvaluation(functions: BuiltinTable) {
  return { answer: (call: Call) => answerDirectly(functions, call), close: async () => undefined };
}

/** The tables that a source file exports, as one. */
async function tableOf(file: string): Promise<BuiltinTable> {
  const exported = Object.entries((await import(pathToFileURL(file).href)) as Record<string, BuiltinTable>);
  return Object.assign({}, ...exported.filter(([name]) => /Builtins$/.test(name)).map(([, found]) => found));
}

/** `json.*` stands for a whole family. */
function isMeant(name: string, asked: string): boolean {
  return asked.endsWith('*') ? name.startsWith(asked.slice(0, -1)) : name === asked;
}

function naturalOf(text: string): number {
  const number = Number(text);
  if (!/^\d+$/.test(text) || number >= 2 ** 31) throw new Error(`not a number of cases, nor a seed: ${text}`);
  return number;
}
