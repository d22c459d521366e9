import { describe, expect, it } from 'vitest';
import { callBuiltin } from '../../../test/policy/builtin-call.ts';
import { stringBuiltins } from './strings.ts';

// What opa 1.22.4 answers.
describe('stringBuiltins', () => {
  it.each([
    ['strings.any_prefix_match', '"abc", ["x", "a"]', 'true'],
    ['strings.any_prefix_match', '{"q", "abc"}, {"ab"}', 'true'],
    ['strings.any_prefix_match', '[], ["a"]', 'false'],
    ['strings.any_prefix_match', '"a", ""', 'true'],
    ['strings.any_suffix_match', '"abc", "bc"', 'true'],
    ['strings.any_suffix_match', '["x", "abc"], {"y", "c"}', 'true'],
    ['strings.any_suffix_match', '"a", []', 'false'],
    ['strings.count', '"cheese", "e"', '3'],
    ['strings.count', '"aaa", "aa"', '1'],
    ['strings.count', '"é", ""', '2'],
    ['strings.split_n', '"a.b.c", ".", 2', '["a","b"]'],
    ['strings.split_n', '"a.b.c", ".", -1', '["c"]'],
    ['strings.split_n', '"a.b.c", ".", 0', '[]'],
    ['strings.split_n', '"", ".", 5', '[""]'],
    ['strings.split_n', '"abc", "", 2', '["a","b"]'],
    ['indexof_n', '"banana", "ana"', '[1,3]'],
    ['indexof_n', '"é😀aé", "é"', '[0,3]'],
  ])('%s(%s)', (name, args, want) => {
    expect(callBuiltin(stringBuiltins, name, args)).toBe(want);
  });

  it.each([
    ['strings.any_prefix_match', '"a", [1]', 'operand 2 must be array of strings but got array containing number'],
    ['strings.any_prefix_match', '1, "a"', 'operand 1 must be one of {string, set, array} but got number'],
    ['indexof_n', '"a", ""', 'empty search character'],
    ['strings.split_n', '"a", ".", 1.5', 'operand 3 must be integer number but got floating-point number'],
  ])('%s(%s) is an error', (name, args, message) => {
    expect(() => callBuiltin(stringBuiltins, name, args)).toThrow(message);
  });
});
