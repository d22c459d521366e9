import { describe, expect, it } from 'vitest';
import { callBuiltin } from '../../../test/policy/builtin-call.ts';
import { jsonBuiltins } from './json.ts';

// What opa 1.22.4 answers.
describe('paths into a value', () => {
  it.each([
    ['json.filter', '{"a": {"b": 1, "c": [1, 2, {"d": 3}]}, "e": 4}, ["a/c/2/d", "e"]', '{"a":{"c":[{"d":3}]},"e":4}'],
    ['json.filter', '{"a": {"b": 1}}, ["/a", "a/b"]', '{"a":{"b":1}}'],
    ['json.filter', '{"a": {"b": 1, "c": 2}}, {["a", "b"], "//a/c"}', '{"a":{"b":1,"c":2}}'],
    ['json.filter', '{"a": 1}, [""]', '{}'],
    ['json.filter', '{"a": 1}, [[]]', '{}'],
    ['json.filter', '{"a": [1, 2]}, [["a", 1]]', '{"a":[]}'],
    ['json.filter', '{"a": [1, 2]}, [["a", "1"]]', '{"a":[2]}'],
    ['json.filter', '{"a": {1, 2}}, [["a", 1.0]]', '{"a":[1]}'],
    ['json.filter', '{"a/b": 1, "m~n": 2, "~1": 3}, ["a~1b", "m~0n", "~01"]', '{"a/b":1,"m~n":2,"~1":3}'],
    ['json.filter', '{"": 1, "a": 2}, ["/"]', '{"":1}'],
    ['json.filter', '{"__proto__": {"a": 1, "b": 2}}, ["__proto__/a"]', '{"__proto__":{"a":1}}'],
    ['json.filter', '{1: "x"}, [[1.0], [2]]', '{"1.0":"x"}'],
    ['json.filter', '{"a": 1}, ["a/b"]', '{"a":1}'],
    [
      'json.remove',
      '{"a": {"b": 1, "c": [1, 2, {"d": 3}]}, "e": 4}, ["a/c/0", "a/c/2/d", "e"]',
      '{"a":{"b":1,"c":[2,{}]}}',
    ],
    ['json.remove', '{"a": 1}, [""]', '{"a":1}'],
    ['json.remove', '{"a": 1}, [[]]', '{"a":1}'],
    ['json.remove', '{"a": 1}, ["a", ""]', '{}'],
    ['json.remove', '{"a": [1, 2, 3]}, [["a", 1]]', '{"a":[1,2,3]}'],
    ['json.remove', '{"a": [1, 2, 3]}, ["a/1", "a/01"]', '{"a":[1,3]}'],
    ['json.remove', '{"a": {1, 2}}, [["a", 1.0]]', '{"a":[2]}'],
    ['json.remove', '{"a": {[1], [2]}}, [["a", [1], "0"], ["a", [2], "0"]]', '{"a":[[]]}'],
    ['json.remove', '{"": 1, "a": 2}, {"/"}', '{"a":2}'],
    ['json.remove', '{"__proto__": 1, "a": 2}, ["__proto__"]', '{"a":2}'],
    ['json.remove', '{"a": {"b": 1}}, ["a/b", "a"]', '{}'],
    ['json.remove', '{"a": 1}, ["a/b"]', '{"a":1}'],
  ])('%s(%s)', (name, args, want) => {
    expect(callBuiltin(jsonBuiltins, name, args)).toBe(want);
  });

  it.each([
    ['json.filter', '{"a": 1}, "a"', 'operand 2 must be one of {set, array} but got string'],
    [
      'json.filter',
      '{"a": 1}, [1]',
      'operand 2 must be one of {set, array} containing string paths or array of path segments but got number',
    ],
    ['json.filter', '[1], ["0"]', 'operand 1 must be object but got array'],
    [
      'json.filter',
      '{"a": 1}, {"a", {"b"}}',
      'operand 2 must be one of {set, array} containing string paths or array of path segments but got set',
    ],
    ['json.remove', '{"a": 1}, null', 'operand 2 must be one of {set, array} but got null'],
    [
      'json.remove',
      '{"a": 1}, [null]',
      'operand 2 must be one of {set, array} containing string paths or array of path segments but got null',
    ],
    ['json.remove', '"a", ["a"]', 'operand 1 must be object but got string'],
  ])('%s(%s) is an error', (name, args, message) => {
    expect(() => callBuiltin(jsonBuiltins, name, args)).toThrow(expect.objectContaining({ message }));
  });
});
