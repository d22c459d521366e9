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
  ])('%s(%s)', (name, args, want) => {
    expect(callBuiltin(collectionBuiltins, name, args)).toBe(want);
  });

  it.each([
    ['object.subset', '[1], {"a": 1}', 'both arguments object.subset must be of the same type or array and set'],
  ])('%s(%s) is an error', (name, args, message) => {
    expect(() => callBuiltin(collectionBuiltins, name, args)).toThrow(message);
  });
});
