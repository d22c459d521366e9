import { describe, expect, it } from 'vitest';
import { callBuiltin } from '../../../test/policy/builtin-call.ts';
import { objectBuiltins } from './objects.ts';

// What opa 1.22.4 answers.
describe('objectBuiltins', () => {
  it.each([
    ['object.filter', '{"a": 1, "b": 2, 3: 4}, ["a", 3.0, "z"]', '{"3":4,"a":1}'],
    ['object.filter', '{"a": {"b": 1}}, {"a": 7}', '{"a":{"b":1}}'],
    ['object.filter', '{"__proto__": 1, "a": 2}, {"__proto__"}', '{"__proto__":1}'],
    ['object.filter', '{"a": 1}, {"toString"}', '{}'],
    ['object.filter', '{1: "x"}, {1.0, 2}', '{"1.0":"x"}'],
    ['object.get', '{"a": {"b": [1, null]}}, ["a", "b", 1], 9', 'null'],
    ['object.get', '{"a": {"b": [1, 2]}}, ["a", "b", 1.0], 9', '2'],
    ['object.get', '{"a": {"b": [1, 2]}}, ["a", "b", "1"], 9', '9'],
    ['object.get', '{"a": {1}}, ["a", 1.0], 9', '1.0'],
    ['object.get', '{"a": false}, "a", 9', 'false'],
    ['object.get', '{"a": null}, ["a", "b"], 9', '9'],
    ['object.get', '{"a": 1}, [], 9', '{"a":1}'],
    ['object.get', '{[1]: 1}, [1], 9', '9'],
    ['object.get', '{1: "x"}, 1.0, 9', '"x"'],
    ['object.get', '{"a": 1}, "constructor", 9', '9'],
    ['object.get', '{"__proto__": 1}, "__proto__", 9', '1'],
    ['object.keys', '{"a": 1, 2: 3, {4}: 5}', '[2,"a",[4]]'],
    ['object.keys', '{}', '[]'],
    ['object.remove', '{"a": 1, "b": 2, 3: 4}, ["a", 3.0]', '{"b":2}'],
    ['object.remove', '{"a": 1, "b": 2}, {"a": 0}', '{"b":2}'],
    ['object.remove', '{"__proto__": 1, "a": 2}, {"__proto__"}', '{"a":2}'],
    ['object.union', '{"a": 1, "b": {"c": 2, "d": 3}}, {"b": {"c": 4}, "e": 5}', '{"a":1,"b":{"c":4,"d":3},"e":5}'],
    ['object.union', '{"a": {"b": 1}}, {"a": null}', '{"a":null}'],
    ['object.union', '{"a": 1.0}, {"a": 1}', '{"a":1.0}'],
    ['object.union', '{"a": 1.0, "b": 2}, {"a": 1}', '{"a":1,"b":2}'],
    ['object.union', '{1.0: "x"}, {1: "y"}', '{"1.0":"y"}'],
    ['object.union', '{"__proto__": {"a": 1}}, {"__proto__": {"b": 2}}', '{"__proto__":{"a":1,"b":2}}'],
    ['object.union_n', '[{"a": {"b": 2}}, {"a": 4}, {"a": {"c": 3}}]', '{"a":{"c":3}}'],
    ['object.union_n', '[]', '{}'],
    ['object.union_n', '[{"a": {"b": 1}}, {"a": {"c": 2}}, {"a": {"b": {"d": 3}}}]', '{"a":{"b":{"d":3},"c":2}}'],
    ['object.union_n', '[{1: "x"}, {1.0: "y"}]', '{"1.0":"y"}'],
  ])('%s(%s)', (name, args, want) => {
    expect(callBuiltin(objectBuiltins, name, args)).toBe(want);
  });

  it.each([
    ['object.filter', '{"a": 1}, "a"', 'operand 2 must be one of {object, set, array} but got string'],
    ['object.filter', '[1], {1}', 'operand 1 must be object but got array'],
    ['object.get', '[1], 0, 9', 'operand 1 must be object but got array'],
    ['object.keys', '{1}', 'operand 1 must be object but got set'],
    ['object.remove', '{"a": 1}, 1', 'operand 2 must be one of {object, set, array} but got number'],
    ['object.remove', '1, {1}', 'operand 1 must be object but got number'],
    ['object.union', '{}, [1]', 'operand 2 must be object but got array'],
    ['object.union', '{1}, {}', 'operand 1 must be object but got set'],
    ['object.union_n', '[{"a": 1}, 2, {3}]', 'operand 1 must be array of objects but got array containing number'],
    ['object.union_n', '{{"a": 1}}', 'operand 1 must be array but got set'],
  ])('%s(%s) is an error', (name, args, message) => {
    expect(() => callBuiltin(objectBuiltins, name, args)).toThrow(expect.objectContaining({ message }));
  });
});
