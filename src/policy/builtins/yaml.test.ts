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
    ['yaml.is_valid', '"a: ["', 'false'],
    ['yaml.is_valid', '"a: 1"', 'true'],
    ['yaml.is_valid', '"%"', 'false'],
    ['yaml.is_valid', '"a: 1\\n---\\n\\tb: 2\\n"', 'false'],
    ['yaml.is_valid', '"a: .inf"', 'false'],
  ])('%s(%s)', (name, args, want) => {
    expect(callBuiltin(yamlBuiltins, name, args)).toBe(want);
  });
});
