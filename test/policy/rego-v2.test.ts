import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { compileFolder } from '../../src/authoring/compile/compile-folder.ts';
import { run } from '../../src/authoring/toolchain/run.ts';
import { openModule, type RegoEvaluator } from '../../src/rego/rego.ts';
import { temporaryDir } from '../support/service.ts';
import { realTool } from './real-opa.ts';

/** Bodies of rules with what `import rego.v2` adds: `not` over a body, `and`, `or`. */
const BODIES = [
  'not { input.a; input.b }',
  'not { some x in input.list; data.teams[x].allowed }',
  'not { data.groups[input.team].allowed; input.a }',
  'input.a or input.b',
  'input.a and not input.b',
  'some x in input.list; data.teams[x].allowed or x == "none"',
  'not { not { input.a } }',
];
const TEAMS = 'pay.allowed := false\n\nops.allowed if input.a\n';
/** A function in the package of the rules has OPA plan each rule in a block of its own. */
const FUNCTION = 'large(x) if x > 1\n';
const INPUTS = [
  { a: true, b: false, team: 'pay', list: ['pay', 'ops'] },
  { a: false, b: true, team: 'ops', list: ['none'] },
  { a: true, b: true, team: 'ops', list: [] },
  { team: 'nobody' },
];

let ours: RegoEvaluator;
let theirs: Record<string, unknown>[];

beforeAll(async () => {
  const [opa, folder] = [await realTool('opa'), temporaryDir('policies')];
  const rules = BODIES.map((body, index) => `default r${index} := false\n\nr${index} if { ${body} }`);
  await writeFile(join(folder, 'rules.rego'), `package rules\n\nimport rego.v2\n\n${rules.join('\n\n')}\n`);
  await writeFile(join(folder, 'teams.rego'), `package teams\n\n${TEAMS}\n${FUNCTION}`);
  await writeFile(join(folder, 'groups.rego'), `package groups\n\n${TEAMS}`);
  await writeFile(join(folder, 'inputs.json'), JSON.stringify({ inputs: INPUTS }));
  const query = '[x | some each in data.inputs; x := data.rules with input as each]';
  const asked = await run(opa, ['eval', '-d', '.', '--format', 'raw', query], { cwd: folder });
  expect(asked.stderr).toBe('');
  theirs = JSON.parse(asked.stdout);
  const { wasm } = await compileFolder({ policiesDir: folder, opa, entrypoints: ['rules'] }, folder);
  ours = await openModule(wasm);
}, 60_000);

it.each(BODIES.map((body, index) => [body, index] as const))('%s', (_, index) => {
  const answers = INPUTS.map((input) => {
    const result = ours.evaluate('rules', input, { now: 0n });
    if (result.status !== 'defined') return expect(result).toMatchObject({ status: 'defined' });
    return (result.value as Record<string, unknown>)[`r${index}`];
  });
  expect(answers).toEqual(theirs.map((each) => each[`r${index}`]));
});

it.each(['not { data.teams[input.team].allowed; input.a }', 'not { some name; data.teams[name].allowed }'])(
  '%s is refused where it is written, since WASM would answer otherwise',
  async (body) => {
    const [opa, folder] = [await realTool('opa'), temporaryDir('policies')];
    await writeFile(join(folder, 'rules.rego'), `package rules\n\nimport rego.v2\n\nr if { ${body} }\n`);
    await writeFile(join(folder, 'teams.rego'), `package teams\n\n${TEAMS}\n${FUNCTION}`);
    await expect(compileFolder({ policiesDir: folder, opa, entrypoints: ['rules/r'] }, folder)).rejects.toThrow(
      `${folder}/rules.rego:5:8: OPA compiles this \`not\` to WASM with another result`,
    );
  },
);
