import fc from 'fast-check';
import { canonicalRego, parseNumber, type RegoNumber, type RegoValue, regoObject } from '../../src/rego/value.ts';
import type { DeclaredType } from './declared.ts';

/** Numbers where a 32-bit integer, a double, an int64 or OPA's own limits end, and ways to write them. */
const NUMBER_TEXTS = [
  ...['0', '-0', '1', '-1', '2', '3', '5', '10', '-7', '63', '64', '65', '100', '255', '256', '1000'],
  ...['2147483647', '2147483648', '-2147483648', '-2147483649', '4294967295', '4294967296'],
  ...['9007199254740991', '9007199254740992', '9007199254740993', '-9007199254740993'],
  ...['9223372036854775807', '9223372036854775808', '-9223372036854775808', '-9223372036854775809'],
  ...['18446744073709551615', '18446744073709551616', '1000000000000000000000000000000'],
  ...['0.1', '0.2', '0.3', '0.5', '1.5', '2.5', '-2.5', '-0.5', '1.0', '-1.0', '1e2', '1E5', '1e-7', '1.10', '0.30'],
  ...['3.14159265358979323846', '123456789.987654321', '1e21', '1e22', '-1e30', '5e-324', '1.7976931348623157e308'],
  ...['1e400', '-1e400', '1e-400', '0.000001', '0.0000001', '100000000000000000000.5'],
];

export const anyNumber: fc.Arbitrary<RegoNumber> = fc
  .oneof(
    { weight: 6, arbitrary: fc.constantFrom(...NUMBER_TEXTS) },
    { weight: 2, arbitrary: fc.integer({ min: -20, max: 20 }).map(String) },
    { weight: 1, arbitrary: fc.bigInt(-(2n ** 70n), 2n ** 70n).map(String) },
    { weight: 1, arbitrary: fc.tuple(fc.integer(), fc.nat(999_999)).map(([whole, part]) => `${whole}.${part}`) },
    { weight: 1, arbitrary: fc.double({ noNaN: true, noDefaultInfinity: true }).map(numberText) },
  )
  .map(parseNumber);

/** Rego reads no `+` in an exponent's place that JavaScript would not, and no `.5`. */
function numberText(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}

/** The integers that arguments such as a count or an offset mostly are. */
export const smallInteger: fc.Arbitrary<RegoNumber> = fc.integer({ min: -3, max: 12 });

const TEXTS = [
  ...[
    '',
    ' ',
    'a',
    'A',
    'ab',
    'abc',
    'aaa',
    'foo.bar',
    'FOO/bar',
    '\0',
    'a\0b',
    '\n',
    '\t\r\n',
    '\u0007',
    '\u001b[0m',
    '\u007f',
  ],
  ...[
    'é',
    'e\u0301',
    'ß',
    'ẞ',
    'ı',
    'İ',
    'ǆ',
    'ς',
    'Σ',
    'ﬁ',
    '字',
    '😀',
    '\u{10ffff}',
    '\ufffd',
    '\ufeff',
    '\u2028',
    '\u0085',
    '\u00a0',
    '\u200d',
  ],
  ...[
    '"',
    "'",
    '\\',
    '`',
    '\\u0041',
    '%',
    '%41',
    '+',
    '&',
    '<b>',
    '$',
    '$' + '{x}',
    '{{.a}}',
    '*',
    '?',
    '[a]',
    '{a,b}',
    '(',
    ')',
    '^a$',
    '.',
    '|',
  ],
  ...['0', '1', '-1', '01', '1.5', '1e3', '0x10', '1_000', 'NaN', 'Infinity', 'true', 'null', '٣'],
  ...['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'prototype'],
  ...[
    '{}',
    '[]',
    '{"a":1}',
    '[1,2]',
    '"text"',
    'YWJj',
    'YWI=',
    'YQ',
    '-_8=',
    '10.0.0.1',
    '::1',
    '10.0.0.0/8',
    '1.2.3',
    '2024-01-01T00:00:00Z',
  ],
];

/** Half of a surrogate pair is no text that an argument can hold; OPA's parser refuses a byte-order mark that is not escaped. */
const unit = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...'abcABC012 .,:;/-_=+*?[]{}()\\|^$%"\'') },
  {
    weight: 1,
    arbitrary: fc.constantFrom('\0', '\n', '\u0085', 'é', '\u0301', 'ß', '字', '😀', '\u{1d7d9}', '\u200b', '\ufffd'),
  },
  { weight: 1, arbitrary: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }) },
);

export const anyText: fc.Arbitrary<string> = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom(...TEXTS) },
  { weight: 4, arbitrary: fc.string({ unit, maxLength: 12 }) },
  { weight: 1, arbitrary: fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 6 }) },
  {
    weight: 1,
    arbitrary: fc.tuple(fc.constantFrom('a', 'é', '😀', '0'), fc.nat(300)).map(([text, count]) => text.repeat(count)),
  },
);

/** Text of a few letters, so that two of them often have parts in common. */
export const plainText: fc.Arbitrary<string> = fc.string({
  unit: fc.constantFrom('a', 'b', 'A', '.', ' ', 'é', '😀'),
  maxLength: 8,
});

export const anyValue: fc.Arbitrary<RegoValue> = fc.letrec<{ value: RegoValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    fc.constantFrom<RegoValue>(null, true, false),
    anyText,
    anyNumber,
    smallInteger,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.array(tie('value'), { maxLength: 4 }).map((members) => new Set(members)),
    fc.array(fc.tuple(fc.oneof(anyText, plainText), tie('value')), { maxLength: 4 }).map(objectOf),
    fc.array(fc.tuple(tie('value'), tie('value')), { maxLength: 3 }).map(objectOf),
  ),
})).value;

/** Members of one key would be a conflict. */
export function objectOf(entries: readonly (readonly [RegoValue, RegoValue])[]): RegoValue {
  return regoObject(uniqueBy(entries, ([key]) => canonicalRego(key)));
}

/** JSON alone: no sets, and keys are strings. */
export const anyJsonValue: fc.Arbitrary<RegoValue> = fc.letrec<{ value: RegoValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    fc.constantFrom<RegoValue>(null, true, false),
    anyText,
    anyNumber,
    smallInteger,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.array(fc.tuple(fc.oneof(anyText, plainText), tie('value')), { maxLength: 4 }).map(objectOf),
  ),
})).value;

/** Values of a declared type, with arguments of any other type as the callers choose. */
export function ofType(declared: DeclaredType): fc.Arbitrary<RegoValue> {
  switch (declared.type) {
    case 'null':
      return fc.constant(null);
    case 'boolean':
      return fc.boolean();
    case 'number':
      return fc.oneof({ weight: 3, arbitrary: anyNumber }, { weight: 1, arbitrary: smallInteger });
    case 'string':
      return fc.oneof({ weight: 3, arbitrary: anyText }, { weight: 1, arbitrary: plainText });
    case 'array':
      return arrayOf(declared);
    case 'set':
      return fc
        .array(declared.of ? ofType(declared.of as DeclaredType) : anyValue, { maxLength: 5 })
        .map((members) => new Set(members));
    case 'object':
      return objectOfType(declared);
    default:
      return Array.isArray(declared.of) && declared.of.length > 0 ? fc.oneof(...declared.of.map(ofType)) : anyValue;
  }
}

function arrayOf({ static: fixed, dynamic }: DeclaredType): fc.Arbitrary<RegoValue> {
  const rest = dynamic === undefined ? fc.constant([]) : fc.array(ofType(dynamic as DeclaredType), { maxLength: 5 });
  const first = fc.tuple(...(fixed ?? []).map((each) => ofType(each as DeclaredType)));
  return fc.tuple(first, rest).map(([some, more]) => [...some, ...more]);
}

function objectOfType({ static: fixed, dynamic }: DeclaredType): fc.Arbitrary<RegoValue> {
  const { key, value } = (dynamic ?? { key: { type: 'string' }, value: { type: 'any' } }) as {
    key: DeclaredType;
    value: DeclaredType;
  };
  const rest = fc.array(fc.tuple(ofType(key), ofType(value)), { maxLength: 4 });
  const named = ((fixed ?? []) as { key: string; value: DeclaredType }[]).map((each) =>
    fc.option(fc.tuple(fc.constant(each.key), ofType(each.value)), { nil: undefined, freq: 6 }),
  );
  return fc
    .tuple(fc.tuple(...named), rest)
    .map(([some, more]) => objectOf([...some.filter((each) => each !== undefined), ...more]));
}

function uniqueBy<T>(items: readonly T[], key: (item: T) => string): T[] {
  return [...new Map(items.map((item) => [key(item), item])).values()];
}
