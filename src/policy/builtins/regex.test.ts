import { describe, expect, it } from 'vitest';
import { callBuiltin } from '../../../test/policy/builtin-call.ts';
import { regexBuiltins } from './regex.ts';

// What opa 1.22.4 answers.
// biome-ignore-start lint/suspicious/noTemplateCurlyInString: Go's templates are written like this.
describe('regexBuiltins', () => {
  it.each([
    ['regex.split', '"a*", "baac"', '["b","c"]'],
    ['regex.split', '"", "abc"', '["a","b","c"]'],
    ['regex.split', '"^", "abc"', '["abc"]'],
    ['regex.split', '"a", ""', '[""]'],
    ['regex.split', '"b+", "abbbab"', '["a","a",""]'],
    ['regex.replace', '"foo", "^[a-z]", "F"', '"Foo"'],
    ['regex.replace', '"banana", "(a)(n)?", "<$1$2>"', '"b<an><an><a>"'],
    ['regex.replace', '"abc", "b", "${0}x$1y$$ $0_"', '"abx$ c"'],
    ['regex.replace', '"aé😀", "", "."', '".a.é.😀."'],
    ['regex.replace', '"abc", "(?P<n>b)", "[${n}$n]"', '"a[bb]c"'],
    ['regex.replace', '"ab", "(?P<n>a)|(?P<n>b)", "[$n]"', '"[a][b]"'],
    ['regex.split', '"[(?P<n>]\\\\((?<n>a)(?<n>b)", "n(ab"', '["",""]'],
    ['regex.find_n', '"a", "a", 1.0', '["a"]'],
    ['regex.find_n', '"a*", "baa", -1', '["","aa"]'],
    ['regex.find_n', '"a", "aaa", 2', '["a","a"]'],
    ['regex.find_n', '"", "é😀", -1', '["","",""]'],
    ['regex.find_n', '"(a|ab)(c|bcd)", "abcd", -1', '["abcd"]'],
    ['regex.find_n', '"(a+)+$", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!", -1', '[]'],
    ['regex.template_match', '"urn:foo:{.*}", "urn:foo:bar:baz", "{", "}"', 'true'],
    ['regex.template_match', '"a<.>b.c", "axbxc", "<", ">"', 'false'],
    ['regex.template_match', '"a{[0-9]{2}}b", "a12b", "{", "}"', 'true'],
  ])('%s(%s)', (name, args, want) => {
    expect(callBuiltin(regexBuiltins, name, args)).toBe(want);
  });

  it.each([
    ['regex.find_n', '"a", "a", 1e0', 'operand 3 must be integer number but got floating-point number'],
    ['regex.find_n', '"a", "a", 9223372036854775808', 'operand 3 must be integer number but got floating-point number'],
    ['regex.split', '"(", "a"', 'error parsing regexp: missing closing ): `(`'],
    ['regex.split', '"a(?=b)", "a"', 'error parsing regexp: invalid or unsupported Perl syntax: `(?=`'],
    ['regex.template_match', '"a{", "a", "{", "}"', 'unbalanced braces in "a{"'],
    [
      'regex.template_match',
      '"a", "a", "{{", "}"',
      'start delimiter has to be exactly one character long but is 2 long',
    ],
  ])('%s(%s) is an error', (name, args, message) => {
    expect(() => callBuiltin(regexBuiltins, name, args)).toThrow(message);
  });
});
// biome-ignore-end lint/suspicious/noTemplateCurlyInString: no more templates.
