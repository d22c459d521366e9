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
    ['regex.match', '"^(?<team>[a-z]+)-[0-9]+$", "ops-7"', 'true'],
    ['regex.match', '"b", "abc"', 'true'],
    ['regex.match', '"^.$", "😀"', 'true'],
    ['regex.match', '"^.$", "\\n"', 'false'],
    ['regex.match', '"(?s)^.$", "\\n"', 'true'],
    ['regex.match', '"(?i)k", "\\u212a"', 'true'],
    ['regex.match', '"a\\\\z", "a\\n"', 'false'],
    ['regex.match', '"\\\\pN\\\\p{greek}\\\\p{Upper_Case Letter}", "1αA"', 'true'],
    ['regex.match', '"\\\\p{L}", "\\u1c89"', 'false'],
    ['regex.match', '"é|\\\\p{L}", "\\u1c89"', 'false'],
    ['regex.match', '"[^\\\\p{Cn}]", "\\u1c89"', 'false'],
    ['regex.match', '"(?P<n>a)(?P<n>b)", "ab"', 'true'],
    ['regex.match', '"", ""', 'true'],
    ['regex.match', '"a{1000}", "a"', 'false'],
    ['regex.is_valid', '"(?<n>a)"', 'true'],
    ['regex.is_valid', '"(?P<n>a)(?P<n>b)"', 'true'],
    ['regex.is_valid', '"\\\\p{Garay}"', 'false'],
    ['regex.is_valid', '"(?=a)"', 'false'],
    ['regex.is_valid', '1', 'false'],
    ['regex.find_all_string_submatch_n', '"(a)(b)?", "abaé", -1', '[["ab","a","b"],["a","a",""]]'],
    ['regex.find_all_string_submatch_n', '"(?<x>é)|(😀)", "é😀", 1', '[["é","é",""]]'],
    ['regex.find_all_string_submatch_n', '"", "😀", -1', '[[""],[""]]'],
    ['regex.find_all_string_submatch_n', '"a", "aa", 0', '[]'],
    ['regex.replace', '"ab", "(?P<n>x)|(?P<n>[ab])", "<$n>"', '"<a><b>"'],
    ['regex.find_n', '"\\\\p{letter}+", "aé1b", -1', '["aé","b"]'],
  ])('%s(%s)', (name, args, want) => {
    expect(callBuiltin(regexBuiltins, name, args)).toBe(want);
  });

  it.each([
    ['regex.find_n', '"a", "a", 1e0', 'operand 3 must be integer number but got floating-point number'],
    ['regex.find_n', '"a", "a", 9223372036854775808', 'operand 3 must be integer number but got floating-point number'],
    ['regex.split', '"(", "a"', 'error parsing regexp: missing closing ): `(`'],
    ['regex.split', '"a(?=b)", "a"', 'error parsing regexp: invalid or unsupported Perl syntax: `(?=`'],
    ['regex.template_match', '"a{", "a", "{", "}"', 'unbalanced braces in "a{"'],
    ['regex.template_match', '"a", "a", "{", ""', 'end delimiter has to be exactly one character long but is 1 long'],
    [
      'regex.template_match',
      '"a", "a", "{{", "}"',
      'start delimiter has to be exactly one character long but is 2 long',
    ],
    ['regex.match', '"(", "a"', 'error parsing regexp: missing closing ): `(`'],
    ['regex.match', '"a{1001}", "a"', 'error parsing regexp: invalid repeat count: `{1001}`'],
    ['regex.match', '"(a{100}){100}", "a"', 'error parsing regexp: invalid repeat count: `{100}`'],
    ['regex.match', '"\\\\C", "a"', 'error parsing regexp: invalid escape sequence: `\\C`'],
    ['regex.match', '"\\\\p{Emoji}", "a"', 'error parsing regexp: invalid character class range: `\\p{Emoji}`'],
    [
      'regex.match',
      '"\\\\p{Old_Italic}", "a"',
      'error parsing regexp: invalid character class range: `\\p{Old_Italic}`',
    ],
    [
      'regex.match',
      '"(?P<n>a)(?P<n>b)(\\\\p{letter}", "a"',
      'error parsing regexp: missing closing ): `(?P<n>a)(?P<n>b)(\\p{letter}`',
    ],
    ['regex.match', '"a\\\\", "a"', 'error parsing regexp: trailing backslash at end of expression: ``'],
    ['regex.match', '"a**", "a"', 'error parsing regexp: invalid nested repetition operator: `**`'],
    ['regex.match', '"[b-a]", "a"', 'error parsing regexp: invalid character class range: `b-a`'],
    ['regex.match', '"(", 1', 'operand 2 must be string but got number'],
    ['regex.match', '1, "a"', 'operand 1 must be string but got number'],
    [
      'regex.find_all_string_submatch_n',
      '"a", "aa", 1.5',
      'operand 3 must be integer number but got floating-point number',
    ],
    ['regex.find_all_string_submatch_n', '"(", "aa", "1"', 'operand 3 must be number but got string'],
  ])('%s(%s) is an error', (name, args, message) => {
    expect(() => callBuiltin(regexBuiltins, name, args)).toThrow(message);
  });

  it('submatches are bounded', () => {
    const find = regexBuiltins['regex.find_all_string_submatch_n'];
    expect(() => find?.('()'.repeat(1000), 'x'.repeat(1000), -1)).toThrow('more than 1000000 matches of groups');
  });

  it('shows the whole of a pattern that nests too deeply', () => {
    const pattern = `${'('.repeat(1000)}a${')'.repeat(1000)}`;
    const message = `error parsing regexp: expression nests too deeply: \`${pattern}\``;
    expect(() => regexBuiltins['regex.match']?.(pattern, 'a')).toThrow(expect.objectContaining({ message }));
  });
});
// biome-ignore-end lint/suspicious/noTemplateCurlyInString: no more templates.
