import { describe, expect, it } from 'vitest';
import { callBuiltin } from '../../../test/policy/builtin-call.ts';
import { globBuiltins } from './glob.ts';

// What opa 1.22.4 answers.
describe('globBuiltins', () => {
  it.each([
    ['glob.quote_meta', '"a*b?c[d]{e}\\\\f,g!h-"', '"a\\\\*b\\\\?c\\\\[d\\\\]\\\\{e\\\\}\\\\\\\\f,g!h-"'],
    ['regex.globs_match', '"a.a.[0-9]+z", ".b.b2359825792*594823z"', 'true'],
    ['regex.globs_match', '"[a-z]+", "[0-9]*"', 'false'],
    ['regex.globs_match', '"a*", "b*"', 'false'],
    ['regex.globs_match', '"", "a*"', 'false'],
    ['regex.globs_match', '"[a-c]x", "by"', 'false'],
    ['regex.globs_match', '"a.*c", "abc"', 'true'],
    ['regex.globs_match', '"a*", "a+a+"', 'true'],
    ['regex.globs_match', '"a\\\\*", "a*"', 'false'],
  ])('%s(%s)', (name, args, want) => {
    expect(callBuiltin(globBuiltins, name, args)).toBe(want);
  });

  it.each([
    [
      'regex.globs_match',
      '"a]", "a"',
      "input:a], pos:2, set-close ']' with no preceding '[': the input provided is invalid",
    ],
    [
      'regex.globs_match',
      '"*", "a"',
      "input:*, pos:1, flag '*' must be preceded by a non-flag: the input provided is invalid",
    ],
    ['regex.globs_match', '"[a", "a"', 'input:[a, pos:2, found [ without matching ]: the input provided is invalid'],
    [
      'regex.globs_match',
      '"[b-a]", "a"',
      "input:[b-a], pos:4, range is out of order: 'a' comes before 'b' in Unicode: the input provided is invalid",
    ],
  ])('%s(%s) is an error', (name, args, message) => {
    expect(() => callBuiltin(globBuiltins, name, args)).toThrow(message);
  });
});
