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
    ['concat', '",", ["b", "a"]', '"b,a"'],
    ['concat', '",", {"b", "a", "é", "😀", "ﬁ"}', '"a,b,é,ﬁ,😀"'],
    ['concat', '",", []', '""'],
    ['concat', '"é", ["", ""]', '"é"'],
    ['contains', '"aé😀", "é😀"', 'true'],
    ['contains', '"a", ""', 'true'],
    ['startswith', '"éa", "é"', 'true'],
    ['endswith', '"a😀", "😀"', 'true'],
    ['indexof', '"é😀a", "a"', '2'],
    ['indexof', '"abc", "x"', '-1'],
    ['split', '"a.b..c", "."', '["a","b","","c"]'],
    ['split', '"é😀", ""', '["é","😀"]'],
    ['split', '"", ""', '[]'],
    ['split', '"", "."', '[""]'],
    ['strings.reverse', '"aé😀"', '"😀éa"'],
    ['substring', '"é😀abc", 1, 2', '"😀a"'],
    ['substring', '"abc", 1, -1', '"bc"'],
    ['substring', '"abc", 5, 2', '""'],
    ['substring', '"abc", 1.0, 9223372036854775807', '"bc"'],
    ['substring', '"", 3, 0', '""'],
  ])('%s(%s)', (name, args, want) => {
    expect(callBuiltin(stringBuiltins, name, args)).toBe(want);
  });

  it.each([
    ['strings.any_prefix_match', '"a", [1]', 'operand 2 must be array of strings but got array containing number'],
    ['strings.any_prefix_match', '1, "a"', 'operand 1 must be one of {string, set, array} but got number'],
    ['indexof_n', '"a", ""', 'empty search character'],
    ['strings.split_n', '"a", ".", 1.5', 'operand 3 must be integer number but got floating-point number'],
    ['concat', '",", {"a", 1, null}', 'operand 2 must be set of strings but got set containing null'],
    ['concat', '",", ["a", 1]', 'operand 2 must be array of strings but got array containing number'],
    ['concat', '1, []', 'operand 1 must be string but got number'],
    ['concat', '",", {"a": "b"}', 'operand 2 must be one of {set, array} but got object'],
    ['contains', '"a", 1', 'operand 2 must be string but got number'],
    ['startswith', '["a"], "a"', 'operand 1 must be string but got array'],
    ['endswith', '"a", null', 'operand 2 must be string but got null'],
    ['indexof', '"abc", ""', 'empty search character'],
    ['indexof', '"a", 1', 'operand 2 must be string but got number'],
    ['split', 'null, "."', 'operand 1 must be string but got null'],
    ['strings.reverse', '1', 'operand 1 must be string but got number'],
    ['substring', '"abc", -1, 2', 'negative offset'],
    ['substring', '"abc", 1e0, 2', 'operand 2 must be integer number but got floating-point number'],
    ['substring', '"abc", 1.5, 2', 'operand 2 must be integer number but got floating-point number'],
    ['substring', '"abc", 9223372036854775808, 2', 'operand 2 must be integer number but got floating-point number'],
    ['substring', '"abc", 0, "1"', 'operand 3 must be number but got string'],
    ['strings.split_n', '"a.b.c", ".", 1e0', 'operand 3 must be integer number but got floating-point number'],
  ])('%s(%s) is an error', (name, args, message) => {
    expect(() => callBuiltin(stringBuiltins, name, args)).toThrow(message);
  });

  it('concat is bounded', () => {
    const long = 'x'.repeat(100_000);
    expect(() => stringBuiltins['concat']?.(long, Array(400).fill(''))).toThrow(
      'the text has more than 33554432 characters',
    );
  });
});
