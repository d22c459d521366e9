import { beforeAll, describe, expect, it } from 'vitest';
import type { ActivationStatus } from '../../src/activation/activation-queue.ts';
import { watchFolder } from '../../src/activation/watched-folder.ts';
import { buildBundle } from '../../src/authoring/build-bundle.ts';
import { checkPolicies } from '../../src/authoring/check-policies.ts';
import { lintPolicies } from '../../src/authoring/lint-policies.ts';
import { describePolicies } from '../../src/authoring/pages/policy-pages.ts';
import { readBundle } from '../../src/bundle/bundle.ts';
import { policyFolder } from './policy-folder.ts';
import { realTool } from './real-opa.ts';

let opa: string;
let regal: string;

beforeAll(async () => {
  [opa, regal] = await Promise.all([realTool('opa'), realTool('regal')]);
});

/** Rego that `opa build` takes, each for another reason hard to follow; in one folder, because each look takes a while. */
const ACCEPTED = {
  'a/clock.rego': 'package clock\n\nat := time.now_ns()\n',
  'a/numbers.rego':
    'package numbers\n\n# METADATA\n# title: By number\na[1].b := 1.5\n\n# METADATA\n# title: By name\na[x].c := 12345678901234567890 if some x in [2]\n',
  'a/entry.rego': 'package entry\n\n# METADATA\n# entrypoint: true\nlabels := {"a"}\n\nis_label(x) if x in labels\n',
  'a/empty.rego': 'package nothing\n',
  'a/everything.rego': 'package countersign_everything\n\nall contains true if data.clock.at\n',
  'a/names.rego':
    'package odd["a-b"]["c/d"]["\\"ü"].__proto__\n\nconstructor := 1\n\nhasOwnProperty(__proto__) := __proto__\n',
};
const NO_NAMING = { '.regal/config.yaml': 'rules:\n  default:\n    level: ignore\n' };

describe('Rego that opa takes', () => {
  const folder = () => policyFolder({ ...ACCEPTED, ...NO_NAMING });

  it('is checked', async () => {
    await checkPolicies({ policiesDir: await folder(), opa });
  });

  it('is built', async () => {
    const options = { name: 'any', entrypoints: ['approval/decision', 'clock/at', 'entry/labels'] };
    const { bundle } = await buildBundle({ policiesDir: await folder(), opa, ...options });
    expect(bundle.entrypoints).toEqual(options.entrypoints);
  });

  it('is linted', async () => {
    await lintPolicies({ policiesDir: await folder(), opa }, regal);
  });

  it('has pages', async () => {
    expect([...(await describePolicies({ policiesDir: await folder(), opa })).keys()]).toEqual(['README.md']);
  });

  it('becomes active while it is watched', async () => {
    const lines: string[] = [];
    const watch = watchFolder({
      policiesDir: await folder(),
      opa,
      async activate({ read }) {
        const { revision } = await readBundle(await read());
        return { ref: { revision } } as ActivationStatus;
      },
      report: (line) => lines.push(line),
    });
    await watch.ready;
    await watch.close();
    expect(lines).toEqual([expect.stringMatching(/: revision \w+ is active/)]);
  });
});

const CHAIN = Array.from({ length: 700 }, (_, at) => `f${at + 1}(x) := f${at}(x)`).join('\n\n');
const TREE = Array.from({ length: 24 }, (_, at) => `f${at + 1}(x) := [f${at}([x, 1]), f${at}([x, 2])]`).join('\n\n');
const WRITES = 'refused: it only writes debugging output; remove it';
const FOLLOWED = 'cannot be followed to where its facts come from';

const REFUSED: [name: string, rules: string, fault: string][] = [
  [
    'print',
    'x if {\n\tinput.y\n\tprint("y", input.y)\n}',
    `a/a.rego:5:2: rego_type_error: undefined function print (${WRITES})`,
  ],
  ['trace', 'x if trace("y")', `a/a.rego:3:6: rego_type_error: undefined function trace (${WRITES})`],
  [
    'calls of calls of calls',
    `f0(x) := x\n\n${CHAIN}\n\ny := f700(input)`,
    `a/a.rego:411:12: ${FOLLOWED}: rules and comprehensions lie more than 500 levels within each other`,
  ],
  [
    'a tree of calls',
    `f0(x) := x\n\n${TREE}\n\ny := f24(input)`,
    `a/a.rego:13:1: ${FOLLOWED}: functions are called with too many different arguments`,
  ],
  [
    'an array in an array in an array',
    `x := ${'['.repeat(300)}input.a${']'.repeat(300)}`,
    `a/a.rego:3:6: ${FOLLOWED}: objects, arrays and sets lie more than 200 levels deep`,
  ],
  [
    'what even opa cannot describe',
    `x := ${'['.repeat(5000)}1${']'.repeat(5000)}`,
    'a/a.rego:1:1: opa cannot describe this file: it is nested too deeply, or a string contains U+FEFF or U+0000',
  ],
  [
    'METADATA of another shape',
    '# METADATA\n# custom: [1]\nx := 1',
    'a/a.rego:4:1: rego_parse_error: yaml: unmarshal errors:; line 1: cannot unmarshal !!seq into map[string]interface {}',
  ],
];

// Two of them keep this or opa busy for seconds.
const TIMEOUT_MS = 300_000;

describe('Rego that is refused', () => {
  it.each(REFUSED)('%s', { timeout: TIMEOUT_MS }, async (_, rules, fault) => {
    const policiesDir = await policyFolder({ 'a/a.rego': `package a\n\n${rules}\n` });
    const refused = checkPolicies({ policiesDir, opa });
    await expect(refused).rejects.toMatchObject({ code: 'policy_invalid', message: `${policiesDir}/${fault}` });
  });

  it('with all faults, however many', async () => {
    const rules = Array.from({ length: 1200 }, (_, at) => `r${at} if nothing${at}(1)\n`);
    const policiesDir = await policyFolder({ 'a/a.rego': `package a\n\n${rules.join('')}` });
    const error: Error = await checkPolicies({ policiesDir, opa }).catch((reason) => reason);
    const lines = error.message.split('\n').filter((line) => line.startsWith(`${policiesDir}/a/a.rego:`));
    expect(lines).toHaveLength(1200);
    expect(error.message).not.toContain('error limit reached');
  });

  it('by what opa build says, as lines', async () => {
    const policiesDir = await policyFolder();
    const missing = buildBundle({ policiesDir, opa, name: 'any', entrypoints: ['approval/nothing'] });
    const message = `${policiesDir}:1:1: entrypoint "approval/nothing" does not refer to a rule or policy decision`;
    await expect(missing).rejects.toMatchObject({ code: 'policy_invalid', message });
  });
});
