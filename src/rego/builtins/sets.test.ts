import { describe, expect, it } from 'vitest';
import { callBuiltin } from '../../../test/policy/builtin-call.ts';
import { setBuiltins } from './sets.ts';

// What opa 1.22.4 answers.
describe('setBuiltins', () => {
  it.each([
    ['and', '{1, 2, "a"}, {2.0, "a", [1]}', '[2,"a"]'],
    ['and', '{{"a": 1}, {2}}, {{2}, {"a": 1.0}, 3}', '[{"a":1},[2]]'],
    ['and', 'set(), {1}', '[]'],
    ['or', '{1, "b"}, {1.0, "a", null}', '[null,1,"a","b"]'],
    ['or', '{{"a": 1}}, {{"a": 1.0}, {"a": 2}}', '[{"a":1},{"a":2}]'],
    ['intersection', '{{1, 2, 3}, {2, 3.0, 4}, {3, 2}}', '[2,3]'],
    ['intersection', 'set()', '[]'],
    ['intersection', '{set(), {1}}', '[]'],
    ['union', '{{1, 2}, {2.0, 3}, set()}', '[1,2,3]'],
    ['union', 'set()', '[]'],
  ])('%s(%s)', (name, args, want) => {
    expect(callBuiltin(setBuiltins, name, args)).toBe(want);
  });

  it.each([
    ['and', '{1}, [1]', 'operand 2 must be set but got array'],
    ['and', '{"a": 1}, {1}', 'operand 1 must be set but got object'],
    ['or', '{1}, "a"', 'operand 2 must be set but got string'],
    ['intersection', '{{1}, 2}', 'operand 1 must be set but got number'],
    ['intersection', '[{1}]', 'operand 1 must be set but got array'],
    ['union', '{{1}, [2]}', 'operand 1 must be set but got array'],
    ['union', '{}', 'operand 1 must be set but got object'],
  ])('%s(%s) is an error', (name, args, message) => {
    expect(() => callBuiltin(setBuiltins, name, args)).toThrow(expect.objectContaining({ message }));
  });
});
