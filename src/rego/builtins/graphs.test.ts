import { describe, expect, it } from 'vitest';
import { callBuiltin } from '../../../test/policy/builtin-call.ts';
import { graphBuiltins } from './graphs.ts';

// What opa 1.22.4 answers.
describe('graphBuiltins', () => {
  it.each([
    ['graph.reachable', '{"a": ["b"], "b": {"c", "z"}, "c": ["a"], "d": []}, ["a"]', '["a","b","c"]'],
    ['graph.reachable', '{"a": "b", "b": []}, {"a", "q"}', '["a"]'],
    ['graph.reachable', '{1: [2.0], 2: []}, {1.0}', '[1.0,2.0]'],
    ['graph.reachable', '{"__proto__": ["constructor"]}, ["__proto__"]', '["__proto__"]'],
  ])('%s(%s)', (name, args, want) => {
    expect(callBuiltin(graphBuiltins, name, args)).toBe(want);
  });

  it.each([
    ['graph.reachable', '{}, {}', 'operand 2 must be {array, set} but got object'],
    ['graph.reachable', '[], []', 'operand 1 must be object but got array'],
  ])('%s(%s) is an error', (name, args, message) => {
    expect(() => callBuiltin(graphBuiltins, name, args)).toThrow(expect.objectContaining({ message }));
  });
});
