import { describe, expect, it } from 'vitest';
import { callBuiltin } from '../../../test/policy/builtin-call.ts';
import { replaceBuiltins } from './replace.ts';

// What opa 1.22.4 answers.
describe('replaceBuiltins', () => {
  it.each([
    ['replace', '"aXbXc", "X", "é"', '"aébéc"'],
    ['replace', '"aaa", "aa", "b"', '"ba"'],
    ['replace', '"ab", "", "-"', '"-a-b-"'],
    ['replace', '"", "", "-"', '"-"'],
    ['replace', '"é", "", "-"', '"-�-�-"'],
    ['replace', '"😀", "😀", ""', '""'],
    ['replace', '"a.b*c", ".", "$&"', '"a$&b*c"'],
    ['strings.replace_n', '{"<": "&lt;", ">": "&gt;"}, "<b>x</b>"', '"&lt;b&gt;x&lt;/b&gt;"'],
    ['strings.replace_n', '{"ab": "2", "a": "1", "b": "3"}, "abab"', '"1313"'],
    ['strings.replace_n', '{"a": "b", "b": "a"}, "ab"', '"ba"'],
    ['strings.replace_n', '{}, "ab"', '"ab"'],
    ['strings.replace_n', '{"": "-", "ab": "X"}, "cabé"', '"-c-X-�-�-"'],
    ['strings.replace_n', '{"": "-", "b": ""}, "ab"', '"-a--"'],
    ['strings.replace_n', '{"a|b": "1", "^": "2"}, "a|b^"', '"12"'],
  ])('%s(%s)', (name, args, want) => {
    expect(callBuiltin(replaceBuiltins, name, args)).toBe(want);
  });

  it.each([
    ['replace', '1, "a", "b"', 'operand 1 must be string but got number'],
    ['replace', '"a", 1, "b"', 'operand 2 must be string but got number'],
    ['replace', '"a", "b", null', 'operand 3 must be string but got null'],
    ['strings.replace_n', '{1: "a"}, "a"', 'operand 1 non-string key found in pattern object'],
    ['strings.replace_n', '{"a": 1}, "a"', 'operand 1 non-string value found in pattern object'],
    ['strings.replace_n', '[], "a"', 'operand 1 must be object but got array'],
    ['strings.replace_n', '{}, 1', 'operand 2 must be string but got number'],
  ])('%s(%s) is an error', (name, args, message) => {
    expect(() => callBuiltin(replaceBuiltins, name, args)).toThrow(expect.objectContaining({ message }));
  });

  it('is bounded', () => {
    const long = 'x'.repeat(100_000);
    const message = 'the text has more than 33554432 characters';
    expect(() => replaceBuiltins['replace']?.(long, '', long)).toThrow(message);
    expect(() => replaceBuiltins['replace']?.(long, 'x', long)).toThrow(message);
    expect(() => replaceBuiltins['strings.replace_n']?.({ x: long }, long)).toThrow(message);
    expect(() => replaceBuiltins['strings.replace_n']?.({ '': long }, long)).toThrow(message);
  });
});
