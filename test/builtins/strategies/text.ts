import fc from 'fast-check';
import { parseNumber, type RegoValue } from '../../../src/policy/rego-value.ts';
import { anyJsonValue, anyNumber, anyText, anyValue, plainText, smallInteger } from '../values.ts';
import { anyGlob, anyRegex } from './patterns.ts';
import type { Strategies } from './strategies.ts';

const texts = fc.oneof(plainText, anyText);

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
const manyTexts = fc.oneof(
  texts,
  fc.array(plainText, { maxLength: 4 }),
  fc.array(plainText, { maxLength: 4 }).map((members) => new Set(members)),
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

const version = fc
  .tuple(
    fc.constantFrom('', '', '', '', 'v', ' ', '='),
    fc.array(fc.constantFrom('0', '1', '2', '10', '01', '99999999999999999999', 'x', ''), {
      minLength: 2,
      maxLength: 4,
    }),
    fc.constantFrom('', '', '-alpha', '-alpha.1', '-1', '-01', '-a-b', '-', '-α', '-1.a.10'),
    fc.constantFrom('', '', '+build', '+1.2', '+', '+a_b'),
  )
  .map(([lead, numbers, pre, build]) => `${lead}${numbers.join('.')}${pre}${build}`);
const goodVersion = fc
  .tuple(fc.nat(3), fc.nat(3), fc.nat(12), fc.constantFrom('', '-alpha', '-alpha.1', '-1', '-beta.11', '-beta.2'))
  .map(([major, minor, patch, pre]) => `${major}.${minor}.${patch}${pre}`);

const amount = fc
  .tuple(
    fc.constantFrom('', '', '', '"', '-', '+', ' '),
    fc.constantFrom(
      '1',
      '10',
      '1.5',
      '0.1',
      '.5',
      '5.',
      '1e3',
      '1e-1',
      '0',
      '007',
      '99999999999999999999',
      '1_0',
      '0x10',
      '',
    ),
    fc.constantFrom('', '', ' '),
    fc.constantFrom(
      ...[
        '',
        'm',
        'k',
        'K',
        'M',
        'G',
        'T',
        'P',
        'E',
        'Ki',
        'ki',
        'KI',
        'Mi',
        'Gi',
        'Ti',
        'Pi',
        'Ei',
        'KB',
        'kb',
        'KiB',
        'kib',
        'MB',
        'mib',
        'GB',
        'b',
        'B',
        'x',
        'Kb',
        'e',
        '"',
      ],
    ),
  )
  .map((parts) => parts.join(''));

const base64Text = fc
  .tuple(
    fc.uint8Array({ maxLength: 9 }),
    fc.constantFrom('base64', 'base64url'),
    fc.constantFrom('', '', '', '=', '==', '\n', ' ', '*', '\r\n', 'A'),
    fc.nat(10),
  )
  .map(([bytes, encoding, extra, at]) => {
    const text = Buffer.from(bytes).toString(encoding as 'base64');
    return text.slice(0, at) + extra + text.slice(at);
  });
const utf8Base64 = texts.map((text) => Buffer.from(text).toString('base64'));
const hexText = fc.oneof(
  texts.map((text) => Buffer.from(text).toString('hex')),
  fc.string({ unit: fc.constantFrom(...'0123456789abcdefABCDEFg '), maxLength: 9 }),
);
const queryText = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        'a',
        'b',
        '=',
        '&',
        '&',
        '=',
        ';',
        '%',
        '%4',
        '%41',
        '%zz',
        '%C3%A9',
        '%ff',
        '+',
        ' ',
        '%26',
        '%00',
      ),
      plainText,
    ),
    { maxLength: 8 },
  )
  .map((parts) => parts.join(''));

const uri = fc
  .tuple(
    fc.constantFrom('http:', 'https:', 'HTTP:', 'mailto:', 'urn:', '', 'a+b:', '1a:', ':', 'ftp:'),
    fc.constantFrom('//', '//', '//', '', '/', '///'),
    fc.constantFrom('', '', 'user@', 'user:pass@', 'u%40:p%3A@', 'a b@', ':@', 'ü@', 'us@er@'),
    fc.constantFrom(
      'example.com',
      'EXAMPLE.com',
      '',
      '[::1]',
      '[fe80::1%25en0]',
      '[::1',
      '10.0.0.1',
      'a b',
      'ex%41mple',
      '%zz',
      'é.com',
      'a_b',
      'a<b',
      '[::ffff:1.2.3.4]',
      '[x]',
    ),
    fc.constantFrom('', '', ':80', ':', ':x', ':99999', ':80:90'),
    fc.constantFrom('', '/', '/a/b', '/a%2Fb', '/a b', '/%zz', '//x', '/é', '/a;b', '/*', '/{a}', '/a:b', 'a:b'),
    fc.constantFrom('', '', '?', '?a=b&c', '?a b', '?%zz', '?é', '??'),
    fc.constantFrom('', '', '#', '#f', '#f#g', '#%zz', '#a b', '#é'),
  )
  .map((parts) => parts.join(''));

const hexDigits = (length: number) =>
  fc.string({ unit: fc.constantFrom(...'0123456789abcdefABCDEF'), minLength: length, maxLength: length });
const uuid = fc
  .tuple(hexDigits(8), hexDigits(4), fc.constantFrom(...'012345678'), hexDigits(3), hexDigits(4), hexDigits(12))
  .map(([low, mid, version, high, clock, node]) => `${low}-${mid}-${version}${high}-${clock}-${node}`);
const anyUuid = uuid.chain((id) =>
  fc.constantFrom(
    id,
    id,
    id,
    `urn:uuid:${id}`,
    `URN:UUID:${id}`,
    `{${id}}`,
    `(${id})`,
    id.replaceAll('-', ''),
    id.slice(1),
    `${id}0`,
    id.replace('-', '_'),
    `{${id}`,
    `${id}}`,
    id.replace(/.$/, 'g'),
  ),
);

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
  'semver.compare': fc.oneof(fc.tuple(goodVersion, goodVersion), fc.tuple(version, fc.oneof(version, goodVersion))),
  'semver.is_valid': fc.tuple(fc.oneof(version, goodVersion)),
  'units.parse': fc.tuple(amount),
  'units.parse_bytes': fc.tuple(amount),
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
  'base64.decode': fc.tuple(fc.oneof(base64Text, utf8Base64)),
  'base64.is_valid': fc.tuple(fc.oneof(base64Text, utf8Base64)),
  'base64url.decode': fc.tuple(fc.oneof(base64Text, utf8Base64)),
  'hex.decode': fc.tuple(hexText),
  'urlquery.decode': fc.tuple(queryText),
  'urlquery.decode_object': fc.tuple(queryText),
  'urlquery.encode_object': fc.tuple(
    fc.dictionary(texts, fc.oneof(texts, manyTexts), { maxKeys: 4, noNullPrototype: true }),
  ),
  'uri.parse': fc.tuple(uri),
  'uri.is_valid': fc.tuple(uri),
  'uuid.parse': fc.tuple(anyUuid),
  lower: fc.tuple(texts),
  upper: fc.tuple(texts),
};
