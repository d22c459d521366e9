import fc from 'fast-check';
import { plainText } from '../values.ts';
import { manyTexts, texts } from './common-texts.ts';
import type { Strategies } from './strategies.ts';

/** Texts with a grammar of their own: versions, amounts, URIs, UUIDs, and encodings. */

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

export const encodingStrategies: Strategies = {
  'semver.compare': fc.oneof(fc.tuple(goodVersion, goodVersion), fc.tuple(version, fc.oneof(version, goodVersion))),
  'semver.is_valid': fc.tuple(fc.oneof(version, goodVersion)),
  'units.parse': fc.tuple(amount),
  'units.parse_bytes': fc.tuple(amount),
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
};
