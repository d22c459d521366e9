import { beforeAll, describe, expect, it } from 'vitest';
import { testPolicies } from '../../src/authoring/test-policies.ts';
import { type EvaluateAll, evaluateInThread } from '../../src/authoring/testing/wasm-tests.ts';
import { LOOP, policyModule } from '../support/wasm.ts';
import { policyFolder } from './policy-folder.ts';
import { realTool } from './real-opa.ts';

let opa: string;

beforeAll(async () => {
  opa = await realTool('opa');
});

/** Rules of many kinds, the tests of which are below. */
const PEOPLE = `package people

count_of(names) := count(names)

found := data.teams[input.team]

total := count_of(input.names)
`;
const TEAMS = `package teams

red := size(1)

size(number) := number
`;
const TESTS = `package people_test

import data.people

cases := {
	"none": {"names": []},
	"two": {"names": ["ann", "bob"]},
}

test_cases[name] if {
	some name, input_of_case in cases
	every limit in [2] {
		total := people.total with input as input_of_case
		total == count(input_of_case.names)
		total <= limit
	}
}

test_comprehension if {
	sums := {total | some each in cases; total := people.total with input as each}
	sums == {0, 2}
}

test_function if people.count_of([1, 2]) == 2 with input as {}

test_found if people.found == 1 with input as {"team": "red"}

test_not if not people.found with input as {"team": "size"}
`;
const FOLDER = { 'people/people.rego': PEOPLE, 'people/people_test.rego': TESTS, 'teams/teams.rego': TEAMS };

/** Answers as WASM does, but says `instead` in the place of `text`. */
function evaluateWrongly(text: string, instead: string): EvaluateAll {
  return async (task) => {
    const answers = await evaluateInThread(task);
    expect(answers.some(({ value }) => value?.includes(text))).toBe(true);
    return answers.map((answer) => ({ ...answer, value: answer.value?.replaceAll(text, instead) ?? null }));
  };
}

async function run(changes: Record<string, string | null> = {}, evaluateAll?: EvaluateAll) {
  const policiesDir = await policyFolder({ ...FOLDER, ...changes });
  const warnings: string[] = [];
  const withoutFolder = (text: string) => text.replaceAll(`${policiesDir}/`, '');
  const warn = (line: string) => warnings.push(withoutFolder(line));
  const result = await testPolicies({ policiesDir, opa, warn }, evaluateAll ? { evaluateAll } : {}).catch((error) => {
    expect(error).toMatchObject({ code: 'policy_invalid' });
    return withoutFolder(error.message).split('\n');
  });
  return { result, warnings };
}

describe('the tests of policies through WASM', () => {
  it('give what they give in OPA', async () => {
    expect(await run()).toEqual({ result: { tests: 8, compared: 8 }, warnings: [] });
  });

  it('fail where WASM says something else on the way, at the line that asks for it, with both answers', async () => {
    const { result } = await run({}, evaluateWrongly(',2]', ',3]'));
    expect(result).toEqual([
      'people/people_test.rego:13:3: total is 3 through WASM, and 2 in OPA (test_cases)',
      'people/people_test.rego:20:39: total is 3 through WASM, and 2 in OPA (test_comprehension)',
      'people/people_test.rego:24:18: people.count_of([1, 2]) is 3 through WASM, and 2 in OPA (test_function)',
    ]);
  });

  it('fail where a test itself ends otherwise', async () => {
    const { result } = await run({}, async (task) => {
      const answers = await evaluateInThread(task);
      return answers.map((answer) => (answer.value === 'true' ? { ...answer, value: null } : answer));
    });
    expect(result).toContain('people/people_test.rego:24:1: test_function is undefined through WASM, and true in OPA');
  });

  it('name the case of a parameterised test that ends otherwise', async () => {
    const { result } = await run({}, async (task) => {
      const answers = await evaluateInThread(task);
      const at = answers.findIndex(({ entrypoint }) => entrypoint === 'countersign_tests/case1');
      return answers.map((answer, index) => (index === at ? { ...answer, value: null } : answer));
    });
    expect(result).toEqual([
      'people/people_test.rego:10:1: test_cases[two] is undefined through WASM, and true in OPA',
    ]);
  });

  it('evaluate a case without the others, so that the one that WASM gives up is named', async () => {
    const { result } = await run({}, async (task) => {
      const answers = await evaluateInThread(task);
      return answers.map((answer) =>
        answer.entrypoint === 'countersign_tests/case0' ? { ...answer, value: null, abort: 'why' } : answer,
      );
    });
    expect(result).toEqual(['people/people_test.rego:10:1: test_cases[none] fails through WASM: why']);
  });

  it('run cases by any names, and a test with cases of another form as a whole', async () => {
    const test = [
      'package forms_test',
      'import data.people',
      'test_numbers[index] if {\n\tsome index, names in [["ann"], []]\n\tpeople.count_of(names) <= 1\n}',
      'test_notes[each.note] if {\n\tsome each in [{"note": "a \\"b\\"", "n": 0}]\n\tpeople.count_of([]) == each.n\n}',
      'test_nested[a][b] if {\n\tsome a in ["x", "y"]\n\tsome b in ["1", "2"]\n\tpeople.count_of([a, b]) == 2\n}',
      'test_values[name] := people.count_of([]) == 0 if some name in ["p", "q"]',
      'test_two[name] if {\n\tsome name in ["first"]\n\tpeople.count_of([]) == 0\n}',
    ];
    const entrypoints: string[] = [];
    const { result, warnings } = await run({ 'people/forms_test.rego': `${test.join('\n\n')}\n` }, (task) => {
      entrypoints.push(...task.entrypoints.filter((each) => /\/(case|test)\d/.test(each)));
      return evaluateInThread(task);
    });
    expect({ result, warnings }).toEqual({ result: { tests: 18, compared: 18 }, warnings: [] });
    // Two of the shared tests, ten here; test_values and the tests without cases are evaluated as a whole.
    expect(entrypoints.filter((each) => each.includes('/case'))).toHaveLength(10);
  });

  it('fail where WASM gives up', async () => {
    const { result } = await run({}, async (task) => {
      const answers = await evaluateInThread(task);
      return answers.map((answer, index) => (index === 0 ? { ...answer, value: null, abort: 'why' } : answer));
    });
    expect(result).toEqual([expect.stringMatching(/^[^:]+_test\.rego:\d+:1: test_\w+ fails through WASM: why$/)]);
  });

  it('show long values from shortly before they differ', async () => {
    const names = Array.from({ length: 200 }, (_, index) => `person-${index}`);
    const test = `package long_test\n\ntest_long if {\n\tnames := ${JSON.stringify(names)}\n\tcount(names) == 200\n}\n`;
    const { result } = await run({ 'people/long_test.rego': test }, evaluateWrongly('person-150"', 'nobody"'));
    const [line] = result as string[];
    expect(line).toMatch(
      /^people\/long_test\.rego:4:2: names is ….*"nobody".*… through WASM, and ….*"person-150".*… in OPA/,
    );
    expect(line?.length).toBeLessThan(800);
  });

  it('may replace builtins and functions', async () => {
    const test = [
      'package mocks_test',
      'import data.people',
      'test_builtin if people.total == 7 with input as {"names": []} with count as 7',
      'test_function if people.total == 1 with people.count_of as one with input as {"names": []}',
      'test_variable if {\n\tmany := 9\n\tpeople.total == 9 with input as {"names": []} with people.count_of as many\n}',
      'test_http if {\n\tprint("asked")\n\thttp.send({"url": "x"}).status == 200 with http.send as {"status": 200}\n}',
      'one(_) := 1',
    ];
    const result = { tests: 12, compared: 12 };
    expect(await run({ 'people/mocks_test.rego': `${test.join('\n\n')}\n` })).toEqual({ result, warnings: [] });
  });

  it('are named where WASM cannot run them, and the others run', async () => {
    const test =
      'package mocks_test\n\nimport data.people\n\ntest_lost if {\n\tv := 3\n\tpeople.found == 3 with data.teams.size as v with input as {"team": "red"}\n}\n';
    const { result, warnings } = await run({ 'people/mocks_test.rego': test });
    expect(result).toEqual({ tests: 9, compared: 8 });
    expect(warnings).toContainEqual(
      expect.stringMatching(
        /^people\/mocks_test\.rego:5:1: warning: test_lost cannot run through WASM: people\/people\.rego:5:10: WASM does not find/,
      ),
    );
  });

  it('are the tests of OPA alone on demand', async () => {
    const policiesDir = await policyFolder(FOLDER);
    expect(await testPolicies({ policiesDir, opa }, { wasm: false })).toEqual({ tests: 8, compared: 0 });
  });
});

it('an evaluation that does not end is given up, and the next ones go on', async () => {
  const task = { wasm: policyModule({ builtins: LOOP }), data: Buffer.from('{}'), entrypoints: ['a/b', 'c/d'] };
  const abort = 'The worker cannot be started: it takes longer than 300 ms.';
  expect(await evaluateInThread(task, 300)).toEqual([
    { entrypoint: 'a/b', value: null, abort },
    { entrypoint: 'c/d', value: null, abort },
  ]);
});
