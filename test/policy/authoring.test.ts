import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { formatPolicies } from '../../src/authoring/format-policies.ts';
import { lintPolicies } from '../../src/authoring/lint-policies.ts';
import { testPolicies } from '../../src/authoring/test-policies.ts';
import { policyFolder } from './policy-folder.ts';
import { realTool } from './real-opa.ts';

const BROKEN = { 'a/a.rego': 'package a\n\nx = : 1\n' };

let opa: string;
let regal: string;

beforeAll(async () => {
  [opa, regal] = [await realTool('opa'), await realTool('regal')];
});

/** The words of the error, without the folder. */
async function refusal(policiesDir: string, action: Promise<unknown>): Promise<string> {
  const error = (await action.catch((reason) => reason)) as Error;
  expect(error).toMatchObject({ code: 'policy_invalid' });
  return error.message.replaceAll(`${policiesDir}/`, '');
}

describe('formatPolicies', () => {
  it('accepts what is formatted', async () => {
    expect(await formatPolicies({ policiesDir: await policyFolder(), opa }, false)).toEqual([]);
  });

  it('says what is not, or formats it', async () => {
    const policiesDir = await policyFolder({ 'a/a.rego': 'package a\nx   :=   1' });
    const message = await refusal(policiesDir, formatPolicies({ policiesDir, opa }, false));
    expect(message).toBe('a/a.rego:1:1: is not formatted');
    expect(await formatPolicies({ policiesDir, opa }, true)).toEqual([join(policiesDir, 'a/a.rego')]);
    expect(await readFile(join(policiesDir, 'a/a.rego'), 'utf8')).toBe('package a\n\nx := 1\n');
  });

  it('says what does not parse', async () => {
    const policiesDir = await policyFolder(BROKEN);
    expect(await refusal(policiesDir, formatPolicies({ policiesDir, opa }, true))).toMatch(/^a\/a\.rego:3:5: /);
  });
});

describe('testPolicies', () => {
  it('counts the tests when all pass and cover everything', async () => {
    expect(await testPolicies({ policiesDir: await policyFolder(), opa })).toEqual({ tests: 2, compared: 2 });
  });

  it('says which test fails, and with what values', async () => {
    const test = 'package a_test\n\ntest_no if {\n\tx := 1\n\tx == data.config.limit\n}\n';
    const policiesDir = await policyFolder({ 'a/a_test.rego': test });
    const message = await refusal(policiesDir, testPolicies({ policiesDir, opa }));
    expect(message).toMatch(/^a\/a_test\.rego:3:1: test_no fails\n/);
    expect(message).toContain('x == data.config.limit');
    expect(message).toContain('FAIL: 1/3');
  });

  it('says which cases of a parameterised test fail', async () => {
    const test = [
      'package a_test',
      'cases := {"one": 1, "two": 2, "three": 3}',
      'test_cases[name] if {\n\tsome name, n in cases\n\tn < 2\n}',
      'test_nested[a][b] if {\n\tsome a in ["x", "y"]\n\tsome b, n in cases\n\tsprintf("%s%d", [a, n]) != "y3"\n}',
    ];
    const policiesDir = await policyFolder({ 'a/a_test.rego': `${test.join('\n\n')}\n` });
    const message = await refusal(policiesDir, testPolicies({ policiesDir, opa }));
    expect(message.split('\n').slice(0, 4)).toEqual([
      'a/a_test.rego:5:1: test_cases[three] fails',
      'a/a_test.rego:5:1: test_cases[two] fails',
      'a/a_test.rego:10:1: test_nested[y][three] fails',
      expect.not.stringContaining(' fails'),
    ]);
    expect(message).toContain('three: FAIL');
  });

  it.each([
    ['is undefined', 'cases["one"] := 1\n\ncases["two"] := 1 / 0\n', ['5:1']],
    ['are none', 'cases := {}\n', ['7:2']],
  ])('does not miss that a case or all of them %s', async (_what, cases, places) => {
    const test = `package a_test\n\n${cases}\ntest_cases[name] if {\n\tsome name, n in cases\n\tn > 0\n}\n`;
    const policiesDir = await policyFolder({ 'a/a_test.rego': test });
    const message = await refusal(policiesDir, testPolicies({ policiesDir, opa }));
    const lines = message.split('\n');
    expect(lines).toEqual(expect.arrayContaining(places.map((each) => `a/a_test.rego:${each}: no test covers this`)));
  });

  it('says which test is skipped', async () => {
    const policiesDir = await policyFolder({ 'a/a_test.rego': 'package a_test\n\ntodo_test_x if false\n' });
    const message = await refusal(policiesDir, testPolicies({ policiesDir, opa }));
    expect(message).toMatch(/^a\/a_test\.rego:3:1: todo_test_x is skipped\n/);
  });

  it('says what no test covers', async () => {
    const policiesDir = await policyFolder({ 'a/a.rego': 'package a\n\nx := 1 if input.x > 3\n' });
    const message = await refusal(policiesDir, testPolicies({ policiesDir, opa }));
    expect(message.split('\n')[0]).toBe('a/a.rego:3:1: no test covers this');
  });

  it('needs tests', async () => {
    const policiesDir = await policyFolder({ 'approval/decision_test.rego': null });
    expect(await refusal(policiesDir, testPolicies({ policiesDir, opa }))).toMatch(/:1:1: contains no test$/);
  });

  it('says what does not parse', async () => {
    const policiesDir = await policyFolder(BROKEN);
    expect(await refusal(policiesDir, testPolicies({ policiesDir, opa }))).toMatch(/^a\/a\.rego:3:5: /);
  });
});

describe('lintPolicies', () => {
  it('accepts what Regal accepts', async () => {
    await lintPolicies({ policiesDir: await policyFolder(), opa }, regal);
  });

  it('says what Regal does not', async () => {
    const policiesDir = await policyFolder({ 'a/a.rego': 'package a\n\nCamelCase := 1\n' });
    const message = await refusal(policiesDir, lintPolicies({ policiesDir, opa }, regal));
    expect(message).toBe('a/a.rego:3:1: Prefer snake_case for names (style/prefer-snake-case)');
  });

  it('says what does not parse', async () => {
    const policiesDir = await policyFolder(BROKEN);
    expect(await refusal(policiesDir, lintPolicies({ policiesDir, opa }, regal))).toMatch(/^a\/a\.rego:3:5: /);
  });
});
