import { describe, expect, it } from 'vitest';
import { callBuiltin } from '../../../test/policy/builtin-call.ts';
import { globMatchBuiltins } from './glob-match.ts';

// What opa 1.22.4 answers.
describe('globMatchBuiltins', () => {
  it.each([
    ['glob.match', '"build(eu)*", ["/"], "buildeu-admin"', 'false'],
    ['glob.match', '"build(eu)*", ["/"], "build(eu)-admin"', 'true'],
    ['glob.match', '"*.example.com", [], "a.example.com"', 'true'],
    ['glob.match', '"*.example.com", [], "a.b.example.com"', 'false'],
    ['glob.match', '"**.example.com", [], "a.b.example.com"', 'true'],
    ['glob.match', '"*", null, "a.b/c"', 'true'],
    ['glob.match', '"*", [], "a.b"', 'false'],
    ['glob.match', '"*:b", [":"], "a:b"', 'true'],
    ['glob.match', '"a?c", ["/", "b"], "abc"', 'false'],
    ['glob.match', '"a?c", ["/"], "a😀c"', 'true'],
    ['glob.match', '"{a,b*}c{,d}", [], "bxcd"', 'true'],
    ['glob.match', '"{a,{b,c}x}", [], "cx"', 'true'],
    ['glob.match', '"[!a-c]", [], "d"', 'true'],
    ['glob.match', '"[a-c]", [], "😀"', 'false'],
    ['glob.match', '"[abc-]", [], "-"', 'true'],
    ['glob.match', '"[^a]", [], "^"', 'true'],
    ['glob.match', '"[!!]", [], "a"', 'true'],
    ['glob.match', '"\\\\*", [], "*"', 'true'],
    ['glob.match', '"a,b}", [], "a,b}"', 'true'],
    ['glob.match', '"$x.y|z+", [], "$x.y|z+"', 'true'],
    ['glob.match', '"*\\n*", [], "a\\nb"', 'true'],
    ['glob.match', '"**a**", ["/"], "x/\\n/a/y"', 'true'],
    ['glob.match', '"", [], ""', 'true'],
    ['glob.match', '"{}", [], ""', 'true'],
    ['glob.match', '"[.]", [], "."', 'true'],
  ])('%s(%s)', (name, args, want) => {
    expect(callBuiltin(globMatchBuiltins, name, args)).toBe(want);
  });

  it.each([
    ['glob.match', '"a[", [], "a"', 'glob: syntax error at 2: unexpected end of input'],
    ['glob.match', '"é[a", [], "a"', 'glob: syntax error at 4: unexpected end of input'],
    ['glob.match', '"[]", [], "a"', 'glob: syntax error at 2: could not parse range'],
    ['glob.match', '"[c-a]", [], "a"', 'glob: syntax error at 5: range hi character is less than lo'],
    ['glob.match', '"[a-cd]", [], "a"', 'glob: syntax error at 5: expected close range character'],
    ['glob.match', '"a\\\\", [], "a"', 'glob: syntax error at 2: trailing backslash'],
    ['glob.match', '"[\\\\", [], "a"', 'glob: syntax error at 2: unexpected end of input'],
    ['glob.match', '"{a,b", [], "a"', 'glob: syntax error at 4: unclosed `{`'],
    ['glob.match', '"{é,[z-a],", [], "a"', 'glob: syntax error at 9: range hi character is less than lo'],
    ['glob.match', '"a", ["ab"], "a"', 'operand 2 must be array of runes but got array containing string'],
    ['glob.match', '"a", [""], "a"', 'operand 2 must be array of runes but got array containing string'],
    ['glob.match', '"a", [1], "a"', 'operand 2 must be array of strings but got array containing number'],
    ['glob.match', '"a", {"."}, "a"', 'operand 2 must be one of {array, null} but got set'],
    ['glob.match', '1, [], "a"', 'operand 1 must be string but got number'],
    ['glob.match', '"a", [], 1', 'operand 3 must be string but got number'],
  ])('%s(%s) is an error', (name, args, message) => {
    expect(() => callBuiltin(globMatchBuiltins, name, args)).toThrow(expect.objectContaining({ message }));
  });

  it('takes a time that grows with the pattern and the text only', () => {
    const match = (pattern: string, text: string) => globMatchBuiltins['glob.match']?.(pattern, null, text);
    expect(match(`${'*a'.repeat(200)}*b`, 'a'.repeat(2000))).toBe(false);
    expect(match(`${'{a,aa}'.repeat(200)}b`, 'a'.repeat(2000))).toBe(false);
  });

  it('keeps the delimiters of a pattern apart', () => {
    const match = globMatchBuiltins['glob.match'];
    expect(match?.('*', ['a', 'b'], 'c')).toBe(true);
    expect(match?.('b*', ['a'], 'bb')).toBe(true);
    expect(match?.('*', ['a', 'b'], 'bb')).toBe(false);
  });
});
