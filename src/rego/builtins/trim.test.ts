import { describe, expect, it } from 'vitest';
import { callBuiltin } from '../../../test/policy/builtin-call.ts';
import { trimBuiltins } from './trim.ts';

// What opa 1.22.4 answers.
describe('trimBuiltins', () => {
  it.each([
    ['trim', '"ébaéb", "bé"', '"a"'],
    ['trim', '"😀a😀", "😀"', '"a"'],
    ['trim_left', '"aab", "a"', '"b"'],
    ['trim_right', '"aab", "b"', '"aa"'],
    ['trim', '"abc", ""', '"abc"'],
    ['trim_prefix', '"aab", "a"', '"ab"'],
    ['trim_prefix', '"ab", "b"', '"ab"'],
    ['trim_suffix', '"abb", "b"', '"ab"'],
    ['trim_suffix', '"", "b"', '""'],
    ['trim_space', '"\\u0085\\u00a0\\u3000\\u1680\\t a b\\ufeff \\n"', '"a b﻿"'],
    ['trim_space', '"\\ufeff\\u180e\\u200b"', '"﻿᠎​"'],
  ])('%s(%s)', (name, args, want) => {
    expect(callBuiltin(trimBuiltins, name, args)).toBe(want);
  });

  it.each([
    ['trim', '1, "a"', 'operand 1 must be string but got number'],
    ['trim_left', '"a", 1', 'operand 2 must be string but got number'],
    ['trim_right', 'null, "a"', 'operand 1 must be string but got null'],
    ['trim_prefix', '"a", {"a"}', 'operand 2 must be string but got set'],
    ['trim_suffix', 'true, "a"', 'operand 1 must be string but got boolean'],
    ['trim_space', '{"a"}', 'operand 1 must be string but got set'],
  ])('%s(%s) is an error', (name, args, message) => {
    expect(() => callBuiltin(trimBuiltins, name, args)).toThrow(expect.objectContaining({ message }));
  });
});
