import { describe, expect, it } from 'vitest';
import { callBuiltin } from '../../../test/policy/builtin-call.ts';
import { sprintfBuiltins } from './sprintf.ts';

// What opa 1.22.4 answers.
describe('sprintfBuiltins', () => {
  it.each([
    ['sprintf', '"%d %s %v", [5, "a", null]', '"5 a null"'],
    ['sprintf', '"%v", [{"b": {2, 1}, "a": [1, "x"]}]', '"{\\"a\\": [1, \\"x\\"], \\"b\\": {1, 2}}"'],
    ['sprintf', '"%v", [["\\u0000é"]]', '"[\\"\\\\x00é\\"]"'],
    ['sprintf', '"%v %v", [1.0, 1e6]', '"1 1e+06"'],
    ['sprintf', '"%d %v", [-0, -0.0]', '"0 -0"'],
    ['sprintf', '"%s", [5]', '"%!s(int64=5)"'],
    ['sprintf', '"%d", ["x"]', '"%!d(string=x)"'],
    ['sprintf', '"%d %d", [1]', '"1 %!d(MISSING)"'],
    ['sprintf', '"%d", [1, "a", null]', '"1%!(EXTRA string=a, string=null)"'],
    ['sprintf', '"%", []', '"%!(NOVERB)"'],
    ['sprintf', '"%z", [1]', '"%!z(int64=1)"'],
    ['sprintf', '"%[2]d %[1]d %[3]d", [1, 2]', '"2 1 %!d(BADINDEX)"'],
    ['sprintf', '"%*d|%-*d|%.*f", [5, 1, 5, 2, 2, 3.14159]', '"    1|2    |3.14"'],
    [
      'sprintf',
      '"%06d|%+d|% d|%x|%X|%#x|%o|%O|%b|%c|%q|%U", [-5, 5, 5, 255, 255, 255, 8, 8, 5, 65, 65, 65]',
      '"-00005|+5| 5|ff|FF|0xff|10|0o10|101|A|\'A\'|U+0041"',
    ],
    [
      'sprintf',
      '"%e|%g|%G|%.3g|%8.2f|%08.2f|%#g", [1234.5678, 1234567.0, 0.00001, 1234.5, 3.14159, -3.14159, 1.5]',
      '"1.234568e+03|1.234567e+06|1E-05|1.23e+03|    3.14|-0003.14|1.50000"',
    ],
    ['sprintf', '"%.0f %.0f %.1f %.20f", [0.5, 2.5, 0.25, 0.1]', '"0 2 0.2 0.10000000000000000555"'],
    [
      'sprintf',
      '"%q|%#q|%x|% X|%5.1s|", ["a\\"b", "ab", "hi", "hi", "xyz"]',
      '"\\"a\\\\\\"b\\"|`ab`|6869|68 69|    x|"',
    ],
    ['sprintf', '"%d %x", [9223372036854775807, 123456789123456789123]', '"9223372036854775807 6b14e9f9b0df36a83"'],
    ['sprintf', '"%T %T %T %T", [1, 1.5, "a", 123456789123456789123]', '"int64 float64 string *big.Int"'],
    ['sprintf', '"%5s|%-5s|%+q", ["é", "é", "é😀"]', '"    é|é    |\\"\\\\u00e9\\\\U0001f600\\""'],
    ['sprintf', '"%.3T|%8T|%-7T|", [1, 1.5, "a"]', '"int| float64|string |"'],
    ['sprintf', '"%p %[1]p", [1]', '"%!p(int64=1) %!p(int64=1)"'],
    [
      'sprintf',
      '"%[2]*[1]d|%[1]5d|%[1].2f|%.[2]*[1]d|%[x]d|%[1|%[]d", [3, 4]',
      '"   3|%!d(BADINDEX)|%!f(BADINDEX)|0003|%!d(BADINDEX)|%!d(BADINDEX)"',
    ],
    ['sprintf', '"%d %.", [1]', '"1 %!.(MISSING)"'],
    ['sprintf', '"%8.d|%12345678901d", [0, 1]', '"        |%!(NOVERB)%!(EXTRA int64=1)"'],
    [
      'sprintf',
      '"%#06x|%#O|%+v|%#v|%+v|%#z", [255, 8, 5, "a", 1.5, "b"]',
      '"0x0000ff|0o010|5|\\"a\\"|1.5|%!z(string=b)"',
    ],
    [
      'sprintf',
      '"%#08x|%+v|%z", [123456789123456789123, 123456789123456789123, 123456789123456789123]',
      '"0x6b14e9f9b0df36a83|+123456789123456789123|%!z(big.Int=123456789123456789123)"',
    ],
    ['sprintf', '"%#U %#U %.6U", [65, 888, 65]', '"U+0041 \'A\' U+0378 U+000041"'],
    ['sprintf', '"%#e %#.3g %#.0f %.1200f", [1.5, 100.0, 2.0, 0.5]', `"1.500000e+00 100. 2. 0.5${'0'.repeat(1199)}"`],
    // Of Unicode 15.0, and later.
    [
      'sprintf',
      '"%q %q %q", ["\u{1FAE8}", "\u{1FAE9}", "\u088F"]',
      '"\\"\u{1FAE8}\\" \\"\\\\U0001fae9\\" \\"\\\\u088f\\""',
    ],
    ['sprintf', '"100%%", []', '"100%"'],
    ['sprintf', '"%t", [true]', '"%!t(string=true)"'],
    ['sprintf', '"%v", [2e308]', '"2e308"'],
  ])('%s(%s)', (name, args, want) => {
    expect(callBuiltin(sprintfBuiltins, name, args)).toBe(want);
  });

  it.each([
    ['"%x", [1.5]', '%x of a floating-point number is not supported'],
    ['"%p", [123456789123456789123]', '%p of a large integer is not supported'],
    [`"${'%[1]*[1]d'.repeat(11)}", [999999]`, 'the text has more than 10000000 characters'],
  ])('refuses %s, though Go does not', (args, message) => {
    expect(() => callBuiltin(sprintfBuiltins, 'sprintf', args)).toThrow(message);
  });
});
