import { describe, expect, it } from 'vitest';
import { callBuiltin } from '../../../test/policy/builtin-call.ts';
import { yamlBuiltins } from './yaml.ts';

// What opa 1.22.4 answers.
describe('yamlBuiltins', () => {
  it.each([
    [
      'yaml.marshal',
      '{"a": [1, "b", {"c": null, "d": []}], "b": {}, "true": "true"}',
      '"a:\\n  - 1\\n  - b\\n  - c: null\\n    d: []\\nb: {}\\n\\"true\\": \\"true\\"\\n"',
    ],
    [
      'yaml.marshal',
      '["12", "2020-01-01", "yes", "~", "", "0x1f", "123abc"]',
      '"- \\"12\\"\\n- \\"2020-01-01\\"\\n- \\"yes\\"\\n- \\"~\\"\\n- \\"\\"\\n- \\"0x1f\\"\\n- 123abc\\n"',
    ],
    [
      'yaml.marshal',
      '["- a", "#x", "a #b", "a: b", " lead", "it\'s", "tab\\there", "é😀"]',
      "\"- '- a'\\n- '#x'\\n- 'a #b'\\n- 'a: b'\\n- ' lead'\\n- it's\\n- \\\"tab\\\\there\\\"\\n- \\\"é\\\\U0001F600\\\"\\n\"",
    ],
    [
      'yaml.marshal',
      '{"m": "x\\ny\\n", "n": ["\\nx", "a\\n\\n", "a \\nb"]}',
      '"m: |\\n  x\\n  y\\n\\"n\\":\\n  - |2-\\n\\n    x\\n  - |+\\n    a\\n\\n  - \\"a \\\\nb\\"\\n"',
    ],
    ['yaml.marshal', '[1e6, 1.5, {1, 2}]', '"- 1e+06\\n- 1.5\\n- - 1\\n  - 2\\n"'],
    [
      'yaml.unmarshal',
      '"a: yes\\nb: 012\\nc: 0x1f\\nd: 1_000\\ne: 2020-01-01\\ng: ~\\n1: x\\n"',
      '{"1":"x","a":"yes","b":10,"c":31,"d":1000,"e":"2020-01-01","g":null}',
    ],
    ['yaml.unmarshal', '"- 1\\n---\\n- 2"', '[1]'],
    ['yaml.unmarshal', '"a: &x {b: 1}\\nd: {<<: *x, e: 2}"', '{"a":{"b":1},"d":{"b":1,"e":2}}'],
    ['yaml.unmarshal', '"a: 1\\na: 2"', '{"a":2}'],
    ['yaml.unmarshal', '""', 'null'],
    ['yaml.unmarshal', '"a: |\\n  x\\n"', '{"a":"x\\n"}'],
    ['yaml.unmarshal', '"[]\\n---\\n>\\n a"', '[]'],
    ['yaml.unmarshal', '">\\n a\\n b"', '"a b"'],
    ['yaml.unmarshal', '"|\\n a\\n b\\n "', '"a\\nb\\n"'],
    ['yaml.marshal', '{"<<": ["<<"]}', '"\\"<<\\":\\n  - \\"<<\\"\\n"'],
    ['yaml.is_valid', '"a: ["', 'false'],
    ['yaml.is_valid', '"a: 1"', 'true'],
    ['yaml.is_valid', '"%"', 'false'],
    ['yaml.is_valid', '"a: 1\\n---\\n\\tb: 2\\n"', 'false'],
    ['yaml.is_valid', '"a: .inf"', 'false'],
    ['yaml.unmarshal', '"[_1, 0_, 1_000.5, 1e400, 0o12, 0b11, +5, 1e3]"', '["_1",0,1000.5,"1e400",10,3,5,1000]'],
    [
      'yaml.unmarshal',
      '"[123456789012345678901234567890, -9223372036854775809]"',
      '[1.2345678901234568e+29,-9223372036854776000]',
    ],
    [
      'yaml.unmarshal',
      '"[! 1, !!str 1, !!float 1, !!binary YWJj, !!timestamp 2001-01-01, 2001-01-01, !foo 1]"',
      '[1,"1",1,"abc","2001-01-01T00:00:00Z","2001-01-01","1"]',
    ],
    ['yaml.unmarshal', '"!!set {a, b}"', '{"a":null,"b":null}'],
    [
      'yaml.unmarshal',
      '"{.inf: a, 1.5: b, 1e6: c, true: d, 0x10: e}"',
      '{".inf":"a","1.5":"b","16":"e","1e+06":"c","true":"d"}',
    ],
    [
      'yaml.unmarshal',
      '"a: &x {b: 1, c: 2}\\nd: {<<: [*x, {c: 3, e: 4}], b: 0}"',
      '{"a":{"b":1,"c":2},"d":{"b":0,"c":2,"e":4}}',
    ],
    ['yaml.marshal', '{"#c\\n": ["#c\\n", {"a": "x"}]}', '"? |\\n  #c\\n: - |\\n    #c\\n  - a: x\\n"'],
    ['yaml.marshal', '{"a10": 1, "a9": 2, "B": 3, "_": 4, "1": 5}', '"_: 4\\n\\"1\\": 5\\nB: 3\\na9: 2\\na10: 1\\n"'],
    [
      'yaml.marshal',
      '[1.0, 1e2, 123456789012345678901234567890, 1e-7, 865931729.5, -1e400]',
      '"- 1\\n- 100\\n- 1.2345678901234568e+29\\n- 1e-07\\n- 8.659317295e+08\\n- -1e400\\n"',
    ],
    ['yaml.marshal', '["a\\u0085b", "1e400", "0o8", "12:30"]', '"- a b\\n- 1e400\\n- 0o8\\n- \\"12:30\\"\\n"'],
  ])('%s(%s)', (name, args, want) => {
    expect(callBuiltin(yamlBuiltins, name, args)).toBe(want);
  });

  it.each([
    ['yaml.unmarshal', '"a: 1\\n...\\nrest"', 'yaml: did not find expected <document start>'],
    ['yaml.unmarshal', '"%YAML 1.2\\n---\\na: 1"', 'yaml: found incompatible YAML document'],
    ['yaml.unmarshal', '"!!int a"', 'yaml: cannot decode !!str `a` as a !!int'],
    ['yaml.unmarshal', '"\\ta: 1"', 'yaml: found character that cannot start any token'],
    ['yaml.unmarshal', '"a\\u0007"', 'yaml: control characters are not allowed'],
    ['yaml.unmarshal', '"\\"\\\\/\\""', 'yaml: found unknown escape character'],
    ['yaml.unmarshal', '"\\"\\\\ud800\\""', 'yaml: found invalid Unicode character escape code'],
    ['yaml.unmarshal', '"~: a"', 'a key of a map is neither'],
    ['yaml.unmarshal', '"*x"', "yaml: unknown anchor 'x' referenced"],
    ['yaml.unmarshal', '"a: &x [*x]"', "yaml: anchor 'x' value contains itself"],
    ['yaml.unmarshal', '"<<: 1"', 'yaml: map merge requires map or sequence of maps as the value'],
    ['yaml.unmarshal', '"|\\n\\ta"', 'yaml: found a tab character where an indentation space is expected'],
    ['yaml.marshal', '["a\\u007f"]', 'yaml: control characters are not allowed'],
  ])('%s(%s) is an error', (name, args, message) => {
    expect(() => callBuiltin(yamlBuiltins, name, args)).toThrow(message);
  });
});
