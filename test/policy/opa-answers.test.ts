import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CAPABILITIES_FILE } from '../../src/authoring/toolchain/capabilities.ts';
import { run } from '../../src/authoring/toolchain/run.ts';
import { unpackMembers } from '../../src/bundle/bundle.ts';
import { WASM_MEMBER } from '../../src/bundle/manifest.ts';
import { openModule, type RegoEvaluator } from '../../src/rego/rego.ts';
import { realTool } from './real-opa.ts';

// Each rule is compiled to WASM and evaluated by us, and interpreted by `opa eval`: both have to give the same JSON.

const DATA = {
  levels: { '1': 'one', '1.0': 'one point nought', '-1': 'less', '0.5': 'half', zz: 'last', a: { '2': { x: 3 } } },
  list: ['first', 'second', ['third']],
  m: { k1: { '1': 'deep' }, k2: { '1': 'deeper' } },
  teams: Object.fromEntries('hgfedcba'.split('').map((name, index) => [name, { size: index }])),
};
const INPUT = {
  n: 1,
  key: '1',
  arr: ['x', 'y', 'z'],
  obj: { '1': 'text' },
  names: ['pear', 'fig', 'apple', 'ångström', 'zebra', 'Fig', '😀', '\uff5e', 'kiwi', 'lime'],
  huge: 0,
};

const RULES: Record<string, string[]> = {
  'native functions': [
    'replace("abc", "", "-")',
    'glob.match("build(eu)*", ["/"], "buildeu-admin")',
    'net.cidr_contains("10.0.0.0/8", "::ffff:10.1.2.3")',
    'net.cidr_intersects("10.0.0.0/8", "::ffff:10.1.2.0/120")',
    'to_number("-")',
    'json.unmarshal("{\\"a\\":1} x")',
    'json.is_valid("[1,]")',
    'json.is_valid("01")',
    'json.unmarshal("{1:2}")',
    'json.unmarshal("\\"\\\\ud800\\"")',
    'regex.match(`^(?<team>[a-z]+)-[0-9]+$`, "ops-7")',
    'json.remove({"a": 1}, [""])',
    'json.filter({"a": [1, 2]}, ["a/1"])',
    '9007199254740993 + input.n',
    '123456789012345678901234567890 * 10',
    '100000000000000000000 / 3',
    '1 / 3',
    'round(2.5)',
    '0.1 + 0.2',
    'format_int(4294967296, 2)',
    'to_number("123456789012345678901234567890")',
    'upper("ǆ ß")',
    'count(input.n)',
    '[true | not input.n / 0]',
    '{1, 1.0, 1e0}',
    '{1e2, 100}',
    '{100: "x"}[1e2]',
  ],
  order: [
    'concat(",", {n | some n in input.names})',
    '[n | some n in {x | some x in input.names}]',
    '[name | some name, _ in data.teams]',
    '[k | some k, _ in {"b": 1, "a": 2, "C": 3, "å": 4, "😀": 5, "～": 6}]',
    'json.marshal({n | some n in input.names})',
    'json.marshal({"b": {"d": 1, "c": 2}, "a": {3, 1, 2}})',
    '$"{input.arr} and {{3, 1, 2}}"',
    '[n | some n in {x | some x in input.names}][0]',
    'crypto.sha256(concat("", {n | some n in input.names}))',
    '[x | some x in {3, 1, 2.5, "a", null, true, [2], [1, 2], {"b": 1}, {"a": 2}, {"a": 1, "c": 0}, {2, 1}, {1}, 10, 9, -1}]',
    '[[x, y] | some x in {"b", "a", "c"}; some y in {"b", "a", "c"}]',
    '{"set": {n | some n in input.names}, "pairs": {[n, count(n)] | some n in input.names}}',
    'max({[2, "b"], [2, "a"], [1, "z"]})',
    '{[y | some y in x] | some x in {{3, 1, 2, 5, 4}, {"b", "a", "d", "c"}}}',
    '{k: [y | some y in ys] | some k, ys in {"k": {"c", "a", "b", "e", "d"}, "l": {3, 1, 2}}}',
    '[x | some s in {{3, 1, 2}, {"b", "a"}}; some x in s]',
    '[x | some x in {"d", "b", "c", "a"}; not x in {"b"}]',
    'listed({n | some n in input.names})',
    '[listed(s) | some s in {{"d", "b"}, {"c", "a", "e"}}]',
    'sprintf("%v %v", [{x | some x in input.names}, [x | some x in {"d", "b", "c", "a"}]])',
    '[x | every_first[x]]',
    'object.keys({"b": 1, "a": 2, "c": 3})',
    '[y | some x in [{"b", "a", "c"}]; some y in x]',
    'array.concat([x | some x in {"b", "a", "c"}], [x | some x in {3, 1, 2}])',
    '[x | x := [{"k": v} | some v in {"b", "a", "c"}][_]]',
    '[p | walk({"b": {2, 1}, "a": [1]}, [p, _])]',
  ],
  'keys that are no strings': [
    '{1: "a", "1": "b", 2: "c", "2": "d", 3: "e", "3": "f"}',
    '{["<&>"]: 1, {2, 1}: 2, {"b": 1, "a": 2}: 3, true: 4, null: 5}',
  ],
  'look-ups': [
    'data.levels[1]',
    'data.levels[1.0]',
    'data.levels[input.n]',
    'data.levels[-1]',
    'data.levels[0.5]',
    'data.levels[0.50]',
    'data.levels[true]',
    'data.levels.a[2].x',
    '[k | data.m[k][1]]',
    '[v | some i in [1]; v := data.levels[i]]',
    'data.list["1"]',
    'data.list["+1"]',
    'data.list[1.0]',
    'data.list["2"]["0"]',
    'data.list[input.key]',
    '[v | count(numbers.range(1, input.huge)) > 0; v := data.list[input.key]]',
    'object.get(data.levels, 1, "default")',
    '[v | x := data.levels; v := x[1]]',
    'input.obj[1]',
    'input.arr["1"]',
    'input.arr[1.0]',
    'input.arr[1.5]',
    '[v | {1: v} = data.levels]',
    '[v | v := data.levels[input.n] with data.levels as {"1": "other"}]',
    '[v | v := data.levels[input.n] with input.n as -1]',
  ],
};

/** What the rules call. */
const HELPERS = `
listed(s) := [x | some x in s]

every_first contains [x, y] if {
	some x in {"b", "a", "c"}
	some y in {2, 1}
}
`;

const all = Object.values(RULES).flat();
const folder = mkdtempSync(join(tmpdir(), 'countersign-answers-'));
afterAll(() => rmSync(folder, { recursive: true }));

let theirs: Record<string, unknown>;
let evaluator: RegoEvaluator;
let wasm: Uint8Array;

beforeAll(async () => {
  const opa = await realTool('opa');
  const rules = all.map((rule, index) => `r${index} := ${rule}`);
  writeFileSync(join(folder, 'answers.rego'), `package answers\n\n${rules.join('\n')}\n${HELPERS}`);
  writeFileSync(join(folder, 'data.json'), JSON.stringify(DATA));
  writeFileSync(join(folder, 'input.json'), JSON.stringify(INPUT));
  const files = ['-d', 'answers.rego', '-d', 'data.json', '-i', 'input.json'];
  const asked = await run(opa, ['eval', ...files, '--format', 'raw', 'data.answers'], { cwd: folder });
  expect(asked.stderr).toBe('');
  theirs = JSON.parse(asked.stdout);
  const how = ['--target', 'wasm', '--capabilities', CAPABILITIES_FILE, '--entrypoint', 'answers'];
  const built = await run(opa, ['build', ...how, 'answers.rego'], { cwd: folder });
  expect(built.stderr + built.stdout).toBe('');
  const members = await unpackMembers(await readFile(join(folder, 'bundle.tar.gz')));
  wasm = members.get(WASM_MEMBER) ?? new Uint8Array();
  evaluator = await openModule(wasm, { data: DATA, builtinErrors: 'undefined' });
}, 120_000);

function answersOfOurs(rego = evaluator, input: object = INPUT): Record<string, unknown> {
  const result = rego.evaluate('answers', input, { now: 0n });
  if (result.status !== 'defined') throw new Error(JSON.stringify(result));
  return result.value as Record<string, unknown>;
}

describe.each(Object.entries(RULES))('%s', (_, rules) => {
  it.each(rules)('%s', (rule) => {
    const name = `r${all.indexOf(rule)}`;
    expect(answersOfOurs()[name]).toEqual(theirs[name]);
  });
});

it('a look-up right after memory has grown finds what it finds before', async () => {
  const fresh = await openModule(wasm, { data: DATA, builtinErrors: 'undefined' });
  const item = `r${all.indexOf('[v | count(numbers.range(1, input.huge)) > 0; v := data.list[input.key]]')}`;
  for (let times = 0; times < 2; times++) {
    expect(answersOfOurs(fresh, { ...INPUT, huge: 300_000 })[item]).toEqual(['second']);
  }
});

it('data that replace others are read and sorted anew', async () => {
  const fresh = await openModule(wasm, { builtinErrors: 'undefined' });
  const namesIn = (data: object) => {
    fresh.replaceData(data);
    return answersOfOurs(fresh)[`r${all.indexOf('[name | some name, _ in data.teams]')}`];
  };
  expect(namesIn({ teams: { b: {}, a: {}, d: {}, c: {} } })).toEqual(['a', 'b', 'c', 'd']);
  expect(namesIn({ teams: { z: {}, y: {}, x: {}, w: {} } })).toEqual(['w', 'x', 'y', 'z']);
});
