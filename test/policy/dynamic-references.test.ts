import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { compileFolder } from '../../src/authoring/compile/compile-folder.ts';
import { run } from '../../src/authoring/toolchain/run.ts';
import { openModule, type RegoEvaluator } from '../../src/rego/rego.ts';
import { temporaryDir } from '../support/service.ts';
import { realTool } from './real-opa.ts';

/** What `input.which` is: names of rules, of a function, of nothing. */
const NAMES = ['pods', 'nodes', 'positive', 'strict', 'none'];
const INPUTS = NAMES.map((which) => ({ which, also: 'strict', limit: 1 }));

const ONE_ARGUMENT = 'positive(x) if x > 0';
const LEAVES = 'pods.strict.ok if positive(1)\nnodes.strict.ok if positive(0)';
const FLAT = 'pods if positive(1)\nnodes if positive(0)';
const ALLOWED = 'pods.allow := false\nnodes.allow := true';
const PACKAGES = {
  'checks.pods': 'default allow := false\ntags contains "strict"',
  'checks.nodes': 'default allow := true\ntags contains "loose"\nhelper(_, _) := 1',
};

/** The rules of package `checks` (and of others), and the rule `r` that refers to them. Every name is below a package of its own. */
type Case = readonly [rule: string, checks: string, others?: Readonly<Record<string, string>> | undefined];

function functionOf(arity: number): string {
  const names = ['a', 'b', 'c', 'd', 'e'].slice(0, arity).join(', ');
  const ones = Array(arity).fill(1).join(', ');
  return `positive(${names}) if [${names}] == [${ones}]\npods.strict.ok if positive(${ones})\nnodes.strict.ok := 2`;
}

const REFERENCES: readonly Case[] = [
  ...[1, 2, 3, 4, 5].map((arity): Case => ['r := checks[input.which].strict.ok', functionOf(arity)]),
  ['r := checks[input.which]', `${FLAT}\n${ONE_ARGUMENT}`],
  ['r := checks[input.which][input.also].ok', `${LEAVES}\n${ONE_ARGUMENT}`],
  ['r := [k | some k; checks[k].strict.ok]', `${LEAVES}\n${ONE_ARGUMENT}`],
  ['r := [k | some k, _ in checks]', `${FLAT}\n${ONE_ARGUMENT}`],
  ['r := [k | some k in ["pods", "positive"]; checks[k].strict.ok]', `${LEAVES}\n${ONE_ARGUMENT}`],
  ['r if every k in ["pods", "positive"] { checks[k].strict.ok }', `${LEAVES}\n${ONE_ARGUMENT}`],
  ['r := checks', `pods.strict(x) if x > 0\npods.ok if pods.strict(1)\n${ONE_ARGUMENT}`],
  ['r := checks[input.which].strict', 'pods.strict(x) if x > 0\npods.ok if pods.strict(1)\nnodes.strict := 3'],
  ['r := checks[input.which][input.also]', 'pods.strict(x) if x > 0\npods.ok if pods.strict(1)\nnodes.strict := 3'],
  ['r := checks[input.which].strict.ok', `${LEAVES}\ndefault positive(_) := false\n${ONE_ARGUMENT}`],
  ['r := checks[input.which].strict.ok', `${LEAVES}\npositive(x) := 1 if {\n\tx > 3\n} else := 2`],
  ['r := checks[input.which].allow', ONE_ARGUMENT, PACKAGES],
  [
    'r := checks[input.which].a',
    `pods[x] := 1 if some x in ["a"]\nnodes[x].y := 2 if some x in ["a"]\n${ONE_ARGUMENT}`,
  ],
  [
    'r := checks[input.which].a.y',
    `pods[x] := 1 if some x in ["a"]\nnodes[x].y := 2 if some x in ["a"]\n${ONE_ARGUMENT}`,
  ],
  ['r if checks[input.which].strict', `pods contains "strict" if positive(1)\n${ONE_ARGUMENT}`],
  [
    'r := y if y := checks[input.which] with input.limit as 3',
    `pods := input.limit\nnodes if positive(2)\n${ONE_ARGUMENT}`,
  ],
  ['r := y if y := checks[input.which] with checks.nodes as 3', `pods := nodes\nnodes if positive(2)\n${ONE_ARGUMENT}`],
  ['r := y if y := checks[input.which] with checks.positive as 3', `pods := positive(0)\nnodes := 1\n${ONE_ARGUMENT}`],
  [
    'r := y if {\n\tv := input.limit\n\ty := checks[input.which].strict.ok with checks.positive as v\n}',
    `${LEAVES}\n${ONE_ARGUMENT}`,
  ],
  [
    'r := y if y := checks.via with checks.positive as checks.other',
    `via := checks.deep[input.which]\nother(_) := 7\n${ONE_ARGUMENT}`,
    { 'checks.deep': 'pods := checks.positive(1)\nnodes := 2\nhelper(_) := 1' },
  ],
];

const TOTAL = 'total := size(input.which) + input.limit\nsize(text) := count(text)\none(_) := 1\nlimit := 1';
/** Functions are replaced before documents. */
const REPLACED: readonly Case[] = [
  ['r := y if y := checks.total with checks.size as checks.one with input as {"which": "four", "limit": 5}', TOTAL],
  ['r := y if y := checks.total with checks.size as 9 with input.limit as 5', TOTAL],
  ['r := y if y := checks.total with count as 7 with input.limit as checks.limit with checks.limit as 3', TOTAL],
  [
    'r := y if {\n\tv := input.limit\n\ty := checks.total with checks.size as v\n\t\twith input.limit as 5 # x\n}',
    TOTAL,
  ],
  ['import checks as own\nr := y if y := own.total with own.size as own.one with input.limit as 5', TOTAL],
  ['f(x) := count(x)\ng(_) := 3\nh := f(input.which)\nr := y if y := h with f as g with input.which as "12345"', TOTAL],
  ['r if not checks.total == 6 with checks.size as 1 with input.limit as 5', TOTAL],
  [
    'f(x) := x + 1\ng(x) := x * 100\nh := f(input.limit) + sum(object.get(input, "arr", []))\nr := v if v := h with f as g with input.arr as [y | y := h with f as g with input.limit as 3]',
    TOTAL,
  ],
];

const NEGATED = [
  'checks[input.which].allow',
  '(checks[input.which].allow)',
  'checks[input.which]',
  'checks[input.which].allow == true',
  'checks[input.which].allow != true',
  'checks[input.which].allow == checks.nodes.allow',
  '[checks[input.which].allow, 1] == [true, input.limit]',
  'checks[input.which].tags[input.also]',
  'checks[input.which][input.also].allow',
  'checks[input.which].allow with input.which as "pods"',
  'checks[input.which].allow with input.which as "nodes" with input.limit as 2',
  'checks[input.which].allow with checks.pods.allow as true',
];
const SOURCES: readonly (readonly [checks: string, others?: Readonly<Record<string, string>>])[] = [
  [ALLOWED],
  [`${ALLOWED}\nsub := 3`],
  [`${ALLOWED}\n${ONE_ARGUMENT}`],
  ['', PACKAGES],
  [ONE_ARGUMENT, PACKAGES],
];
const NEGATIONS: readonly Case[] = [
  ...SOURCES.flatMap(([checks, others]) => {
    return NEGATED.map((expression): Case => [`r if not ${expression}`, checks, others]);
  }),
  ['r if not one with input.which as "none"\none if checks[input.which].allow', ALLOWED],
  ['r if {\n\tnot # why\n\tchecks[\n\t\tinput.which # é\n\t].allow\n\t\twith input.which as "pods" # x\n}', ALLOWED],
  ['r if { "é😀" != input.which; not checks[input.which].allow } # ä', ALLOWED],
  ['r if every k in [input.which] {\n\tnot checks[k].allow\n}', ALLOWED],
  ['r := [k | some k in ["pods", "nodes", "none"]; not checks[k].allow]', ALLOWED],
  ['r := [k | some k in ["pods"]; not 2 in [1 | not checks[k].allow]]', ALLOWED],
  ['r := 1 if not checks[input.which].allow\nelse := 2 if not checks.nodes.allow\nelse := 3', ALLOWED],
  ['r if false\nelse if not checks[input.which].allow', ALLOWED],
  ['r if not found\nfound if walk(input, [["which"], "pods"])', ''],
];

/** All cases in one folder: each below a package of its own, where `checks` stands for the package of that name. */
async function writeCases(folder: string, cases: readonly Case[]): Promise<void> {
  for (const [index, [rule, checks, others = {}]] of cases.entries()) {
    const own = (text: string) => text.replaceAll(/\bchecks\b/g, `data.c${index}.checks`);
    const files = { t: rule, checks, ...others };
    for (const [name, text] of Object.entries(files)) {
      const file = join(folder, `c${index}`, `${name}.rego`);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, `package c${index}.${name}\n\n${own(text)}\n`);
    }
  }
}

async function answersOfOpa(opa: string, folder: string, cases: readonly Case[]): Promise<unknown[]> {
  const answers = cases.map((_, index) => `[y | y := data.c${index}.t.r with input as i]`);
  const query = `[[${answers.join(', ')}] | some i in ${JSON.stringify(INPUTS)}]`;
  const { code, stdout, stderr } = await run(opa, ['eval', '--format', 'raw', '--bundle', '.', query], { cwd: folder });
  if (code !== 0) throw new Error(stderr || stdout);
  return JSON.parse(stdout) as unknown[];
}

describe.each([
  ['dynamic references into packages with functions', REFERENCES],
  ['negations of dynamic references', NEGATIONS],
  ['functions that are replaced before documents', REPLACED],
])('%s', (_, cases) => {
  let expected: unknown[];
  let rego: RegoEvaluator;

  beforeAll(async () => {
    const [opa, folder] = [await realTool('opa'), temporaryDir('policies')];
    await writeCases(folder, cases);
    const entrypoints = cases.map((_each, index) => `c${index}/t/r`);
    const { wasm } = await compileFolder({ policiesDir: folder, opa, entrypoints }, folder);
    rego = await openModule(wasm);
    expected = await answersOfOpa(opa, folder, cases);
  });

  it.each(cases.map(([rule, checks], index) => [rule, checks, index] as const))('%s of %s', (_rule, _checks, index) => {
    const answers = INPUTS.map((input) => {
      const result = rego.evaluate(`c${index}/t/r`, input, { now: 0n });
      if (result.status === 'failed') return result.failure.message;
      return result.status === 'defined' ? [result.value] : [];
    });
    expect(answers).toEqual(expected.map((ofInput) => (ofInput as unknown[])[index]));
  });
});
