import fc from 'fast-check';
import { parseNumber, type RegoValue } from '../../../src/rego/value.ts';
import { anyJsonValue, anyNumber, anyValue, plainText, smallInteger } from '../values.ts';
import { manyTexts, texts } from './common-texts.ts';
import { anyGlob, anyRegex } from './patterns.ts';
import type { Strategies } from './strategies.ts';

/** A text and one that is mostly a part of it. */
const textWithPart = texts.chain((text) => {
  const characters = [...text];
  const part = fc
    .tuple(fc.nat(characters.length), fc.nat(3))
    .map(([start, length]) => characters.slice(start, start + length).join(''));
  return fc.tuple(fc.constant(text), fc.oneof({ weight: 4, arbitrary: part }, { weight: 1, arbitrary: texts }));
});
const prefixed = textWithPart.chain(([text, part]) =>
  fc.constantFrom([part + text, part], [text + part, part], [text, part]),
);

const verb = fc
  .tuple(
    fc.constantFrom('', '', '', '-', '+', '#', '0', ' ', '+#', '-0', '[1]', '[2]', '[9]', '*'),
    fc.constantFrom('', '', '5', '1', '20', '.2', '5.1', '.0', '.', '*', '.*'),
    fc.constantFrom(...'ssssvvvvddddffqqxXeEgGtbcoOUpTw%!z'),
  )
  .map(([flags, width, letter]) => `%${flags}${width}${letter}`);
const format = fc.array(fc.oneof(verb, verb, plainText, fc.constantFrom('%', '%%', '%[', '%[1', '%[3]*d')), {
  maxLength: 5,
});

const template = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '{{.a}}',
        '{{ .b }}',
        '{{- .a -}}',
        '{{.c.d}}',
        '{{range .l}}{{.}},{{end}}',
        '{{range $i, $e := .l}}{{$i}}{{$e}}{{else}}none{{end}}',
      ),
      fc.constantFrom(
        '{{if .a}}yes{{else}}no{{end}}',
        '{{with .c}}{{.d}}{{end}}',
        '{{len .l}}',
        '{{index .l 0}}',
        '{{index .c "d"}}',
        '{{printf "%v-%s" .a .b}}',
        '{{eq .a .b}}',
      ),
      fc.constantFrom(
        '{{.missing}}',
        '{{/* c */}}',
        '{{"lit"}}',
        '{{.a | printf "%q"}}',
        '{{html .b}}',
        '{{js .b}}',
        '{{urlquery .b}}',
        '{{not .a}}',
        '{{and .a .b}}',
        '{{or .a .b}}',
        '{{lt 1 2}}',
        '{{',
        '}}',
        '{{end}}',
        '{{.c}}',
        '{{.l}}',
        '{{print .a .b}}',
        '{{println .a}}',
        '{{$x := .a}}{{$x}}',
        '{{slice .b 0 1}}',
        '{{break}}',
        '{{define "t"}}x{{end}}{{template "t"}}',
      ),
      plainText,
    ),
    { maxLength: 4 },
  )
  .map((parts) => parts.join(''));
const templateValues = fc.record(
  {
    a: anyJsonValue,
    b: fc.oneof(texts, anyNumber),
    c: fc.record({ d: anyJsonValue }),
    l: fc.array(anyJsonValue, { maxLength: 3 }),
  },
  { noNullPrototype: true },
) as fc.Arbitrary<RegoValue>;

const count = fc.oneof(
  { weight: 4, arbitrary: smallInteger },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom('1.0', '2e0', '0.5', '1e2', '9223372036854775808', '2147483648', '-2147483649')
      .map(parseNumber),
  },
);

export const textStrategies: Strategies = {
  contains: textWithPart,
  startswith: prefixed,
  endswith: prefixed,
  trim_prefix: prefixed,
  trim_suffix: prefixed,
  trim: textWithPart,
  trim_left: textWithPart,
  trim_right: textWithPart,
  trim_space: fc.tuple(
    fc
      .tuple(
        fc.constantFrom('', ' ', '\t\n', '\u00a0', '\u0085', '\u2003', '\u200b', '\ufeff', '\v'),
        texts,
        fc.constantFrom('', ' ', '\u3000', '\u180e', '\u001c'),
      )
      .map((parts) => parts.join('')),
  ),
  indexof: textWithPart,
  indexof_n: textWithPart,
  split: textWithPart,
  concat: fc.tuple(
    plainText,
    fc.oneof(
      fc.array(texts, { maxLength: 5 }),
      fc.array(texts, { maxLength: 5 }).map((members) => new Set(members)),
    ),
  ),
  replace: textWithPart.chain(([text, part]) => fc.tuple(fc.constant(text), fc.constant(part), plainText)),
  substring: fc.tuple(texts, count, count),
  'strings.count': textWithPart,
  'strings.split_n': fc
    .oneof(textWithPart)
    .chain(([text, part]) => fc.tuple(fc.constant(text), fc.constant(part), count)),
  'strings.any_prefix_match': fc.tuple(manyTexts, manyTexts),
  'strings.any_suffix_match': fc.tuple(manyTexts, manyTexts),
  'strings.replace_n': fc.tuple(
    fc.dictionary(
      fc.oneof(
        plainText.map((text) => text.slice(0, 2)),
        fc.constant(''),
      ),
      plainText,
      { maxKeys: 3, noNullPrototype: true },
    ),
    texts,
  ),
  'strings.render_template': fc.tuple(template, templateValues),
  sprintf: fc.tuple(
    format.map((parts) => parts.join('')),
    fc.array(fc.oneof(anyNumber, anyNumber, texts, anyValue), { maxLength: 4 }),
  ),
  'internal.template_string': fc.tuple(
    fc.array(
      fc.oneof(
        texts,
        fc.array(anyValue, { maxLength: 1 }).map((members) => new Set(members)),
      ),
      { maxLength: 4 },
    ),
  ),
  'regex.match': anyRegex,
  'regex.is_valid': anyRegex.map(([pattern]) => [pattern]),
  'regex.split': anyRegex,
  'regex.find_n': fc.tuple(anyRegex, count).map(([pair, number]) => [...pair, number]),
  'regex.find_all_string_submatch_n': fc.tuple(anyRegex, count).map(([pair, number]) => [...pair, number]),
  'regex.replace': fc
    .tuple(
      anyRegex,
      fc.oneof(
        plainText,
        fc.constantFrom('$1', '$' + '{1}', '$n', '$' + '{n}', '$0', '$$', '$', '$1x', '\\1', '$' + '{', '$é', '[$2]'),
      ),
    )
    .map(([[pattern, text], by]) => [text, pattern, by]),
  'regex.template_match': fc
    .tuple(
      anyRegex,
      fc.constantFrom(['{', '}'], ['<', '>'], ['{', '{'], ['', '}'], ['{{', '}}'], ['é', 'é']),
      plainText,
    )
    .map(([[pattern, text], [start = '', end = ''], around]) => [
      `${around}${start}${pattern}${end}`,
      around + text,
      start,
      end,
    ]),
  'regex.globs_match': fc.oneof(
    fc.tuple(
      fc.constantFrom(
        'a.a.[0-9]+z',
        '[a-c]*',
        'a*',
        'b+',
        '[abc].',
        '.*',
        'a.b',
        '[0-9]+',
        '\\*',
        '[a',
        'é*',
        '[a-z]+[0-9]*',
      ),
      fc.constantFrom('a.a.[0-9]+z', '[b-d]+', 'aa', 'c*', '.', '[xyz]', '5', '', '*', 'b'),
    ),
    anyRegex,
  ),
  'glob.match': fc
    .tuple(
      anyGlob,
      fc.oneof(fc.constant(null), fc.array(fc.constantFrom('.', '/', ':', ',', 'ab', '', 'é'), { maxLength: 2 })),
    )
    .map(([[pattern, text], delimiters]) => [pattern, delimiters, text]),
  'glob.quote_meta': anyGlob.map(([pattern]) => [pattern]),
  to_number: fc.tuple(
    fc.oneof(
      anyNumber.map((number) => String(typeof number === 'object' ? number.text : number)),
      fc.constantFrom<RegoValue>(
        '-',
        '+1',
        '.5',
        '5.',
        '1e',
        '0x1F',
        '1_000',
        ' 1',
        '1 ',
        'Inf',
        '-inf',
        'nan',
        '0b1',
        '1e5',
        '1E+5',
        '--1',
        '0o7',
        '01',
        '-01',
        '1e400',
        '',
        null,
        true,
        false,
      ),
    ),
  ),
  lower: fc.tuple(texts),
  upper: fc.tuple(texts),
};
