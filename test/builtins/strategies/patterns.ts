import fc from 'fast-check';
import { plainText } from '../values.ts';

/** A pattern and a text that it mostly matches. */
type Pair = [pattern: string, text: string];

const atom: fc.Arbitrary<Pair> = fc.constantFrom<Pair>(
  ['a', 'a'],
  ['b', 'b'],
  ['a', 'A'],
  ['.', 'x'],
  ['.', '😀'],
  ['\\.', '.'],
  ['[a-c]', 'b'],
  ['[^a-c]', 'z'],
  ['[^a]', '\n'],
  ['\\d', '7'],
  ['\\w', '_'],
  ['\\s', ' '],
  ['\\S', 'é'],
  ['\\pL', 'é'],
  ['\\p{Greek}', 'λ'],
  ['\\P{L}', '1'],
  ['[[:alpha:]]', 'q'],
  ['[[:^digit:]]', 'q'],
  ['é', 'é'],
  ['\\x{1F600}', '😀'],
  ['\\x41', 'A'],
  ['\\Qa.b\\E', 'a.b'],
  ['\\-', '-'],
  ['[\\]\\-a]', ']'],
  ['[]a]', ']'],
);
const zeroWidth: fc.Arbitrary<Pair> = fc.constantFrom<Pair>(
  ['^', ''],
  ['$', ''],
  ['\\b', ''],
  ['\\B', ''],
  ['\\A', ''],
  ['\\z', ''],
  ['(?i)', ''],
  ['(?s)', ''],
  ['(?m)', ''],
  ['(?U)', ''],
  ['()', ''],
);
/** RE2 refuses most of them; other engines take some. */
const refused: fc.Arbitrary<Pair> = fc.constantFrom<Pair>(
  ['(', '('],
  [')', ')'],
  ['[', '['],
  ['a**', 'a'],
  ['*', '*'],
  ['\\1', '1'],
  ['(?=a)', 'a'],
  ['(?<!a)b', 'b'],
  ['a{2,1}', 'aa'],
  ['a{1001}', 'a'],
  ['\\Z', ''],
  ['(?P<n', ''],
  ['[b-a]', 'a'],
  ['\\p{X}', 'x'],
  ['\\', '\\'],
  ['a{,2}', 'a{,2}'],
  ['{', '{'],
  ['(?<1>a)', 'a'],
  ['(?P<n>a)(?P<n>b)', 'ab'],
  ['\\e', 'e'],
  ['\\cA', ''],
  ['\\u0041', 'A'],
  ['a++', 'aa'],
  ['(?>a)', 'a'],
  ['(?#c)a', 'a'],
  ['\\C', 'a'],
  ['\\h', ' '],
);

export const anyRegex: fc.Arbitrary<Pair> = fc
  .letrec<{ node: Pair }>((tie) => ({
    node: fc.oneof(
      { maxDepth: 3, depthSize: 'small' },
      { weight: 6, arbitrary: atom },
      { weight: 1, arbitrary: zeroWidth },
      { weight: 3, arbitrary: fc.array(tie('node'), { minLength: 1, maxLength: 3 }).map(joined) },
      {
        weight: 2,
        arbitrary: fc.tuple(tie('node'), tie('node')).map(([[a, text], [b]]): Pair => [`(?:${a}|${b})`, text]),
      },
      {
        weight: 2,
        arbitrary: fc
          .tuple(tie('node'), fc.constantFrom('(', '(?:', '(?P<n>', '(?<team>', '(?i:', '(?-s:'))
          .map(([[pattern, text], open]): Pair => [`${open}${pattern})`, text]),
      },
      {
        weight: 3,
        arbitrary: fc
          .tuple(
            tie('node'),
            fc.constantFrom('*', '+', '?', '*?', '+?', '??', '{2}', '{1,3}', '{0,}', '{2,}?'),
            fc.nat(3),
          )
          .map(([[pattern, text], operator, times]): Pair => [`(?:${pattern})${operator}`, text.repeat(times)]),
      },
    ),
  }))
  .node.chain((pair) =>
    fc.oneof(
      { weight: 8, arbitrary: fc.constant(pair) },
      { weight: 4, arbitrary: plainText.map((around): Pair => [pair[0], around + pair[1] + around]) },
      { weight: 2, arbitrary: plainText.map((text): Pair => [pair[0], text]) },
      { weight: 2, arbitrary: fc.constant<Pair>([`^${pair[0]}$`, pair[1]]) },
      { weight: 1, arbitrary: refused.map(([pattern, text]): Pair => [pair[0] + pattern, pair[1] + text]) },
    ),
  );

const globPart: fc.Arbitrary<Pair> = fc.constantFrom<Pair>(
  ['a', 'a'],
  ['b', 'b'],
  ['*', 'xy'],
  ['*', ''],
  ['*', 'a.b'],
  ['**', 'x.y/z'],
  ['**', ''],
  ['?', 'q'],
  ['?', '.'],
  ['?', '😀'],
  ['.', '.'],
  ['/', '/'],
  [':', ':'],
  ['[abc]', 'b'],
  ['[!abc]', 'z'],
  ['[a-c]', 'c'],
  ['[!a-c]', 'd'],
  ['[^a]', 'b'],
  ['[a-', 'a'],
  ['[]', ''],
  ['[é]', 'é'],
  ['[c-a]', 'b'],
  ['{a,b}', 'b'],
  ['{ab,*}', 'zz'],
  ['{a,{b,c}}', 'c'],
  ['{,a}', ''],
  ['{', '{'],
  ['}', '}'],
  ['{a', 'a'],
  [',', ','],
  ['\\*', '*'],
  ['\\', '\\'],
  ['\\\\', '\\'],
  ['(', '('],
  [')', ')'],
  ['(eu)*', '(eu)x'],
  ['(eu)*', 'eu'],
  ['+', '+'],
  ['a+', 'aa'],
  ['^', '^'],
  ['$', '$'],
  ['|', '|'],
  ['é', 'é'],
  ['字', '字'],
  ['{a,b}{c,d}', 'bd'],
  ['{a.b,c/d}', 'a.b'],
  ['[!]]', 'a'],
  ['\n', '\n'],
  ['***', 'abc'],
  ['{}', ''],
  ['{*,a}', 'b'],
  ['[.]', '.'],
  ['[\\]]', ']'],
);

export const anyGlob: fc.Arbitrary<Pair> = fc.oneof(
  { weight: 6, arbitrary: fc.array(globPart, { minLength: 1, maxLength: 4 }).map(joined) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.array(globPart, { maxLength: 3 }).map(joined), plainText)
      .map(([[pattern], text]): Pair => [pattern, text]),
  },
);

function joined(pairs: readonly Pair[]): Pair {
  return [pairs.map(([pattern]) => pattern).join(''), pairs.map(([, text]) => text).join('')];
}
