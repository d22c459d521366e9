import { describe, expect, it } from 'vitest';
import { callBuiltin } from '../../../test/policy/builtin-call.ts';
import { collectionBuiltins } from './collections.ts';

// What opa 1.22.4 answers.
describe('collectionBuiltins', () => {
  it.each([
    ['object.subset', '{"a": {"b": 1, "c": 2}}, {"a": {"b": 1}}', 'true'],
    ['object.subset', '{"a": 1}, {"b": 1}', 'false'],
    ['object.subset', '{1, 2}, {1}', 'true'],
    ['object.subset', '[1, 2, 3], [2, 3]', 'true'],
    ['object.subset', '[1, 1, 2], [1, 2]', 'true'],
    ['object.subset', '[1, 2], {2, 1}', 'true'],
    ['object.subset', '[1, 1], {1, 2}', 'true'],
    ['object.subset', '{"a": {1, 2}}, {"a": {1}}', 'true'],
    ['graph.reachable_paths', '{"a": ["b"], "b": ["c", "a"], "c": []}, ["a"]', '[["a","b"],["a","b","c"]]'],
    ['graph.reachable_paths', '{"a": {"b", "z"}, "b": []}, {"a", "q"}', '[["a"],["a","b"]]'],
    ['graph.reachable_paths', '{"a": ["a"]}, ["a"]', '[["a","a"]]'],
    ['numbers.range_step', '1, 10, 3', '[1,4,7,10]'],
    ['numbers.range_step', '10, 1, 3', '[10,7,4,1]'],
    [
      'numbers.range_step',
      '9007199254740990, 9007199254740996, 2',
      '[9007199254740990,9007199254740992,9007199254740994,9007199254740996]',
    ],
  ])('%s(%s)', (name, args, want) => {
    expect(callBuiltin(collectionBuiltins, name, args)).toBe(want);
  });

  it.each([
    ['object.subset', '[1], {"a": 1}', 'both arguments object.subset must be of the same type or array and set'],
    ['numbers.range_step', '1, 2, 0', 'numbers.range_step: step must be a positive integer'],
  ])('%s(%s) is an error', (name, args, message) => {
    expect(() => callBuiltin(collectionBuiltins, name, args)).toThrow(message);
  });
});
