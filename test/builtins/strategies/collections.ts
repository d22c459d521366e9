import fc from 'fast-check';
import { parseNumber, type RegoValue } from '../../../src/policy/rego-value.ts';
import { anyJsonValue, anyText, objectOf } from '../values.ts';
import type { Strategies } from './index.ts';

/** Few of each, and some numbers written in two ways, so that two values often share members and keys. */
const SCALARS: readonly RegoValue[] = [
  ...['a', 'b', 'c', '', '/', '~', 'a/b', '0', '1', '2', '-', '01', '-1', '1.0', '__proto__', 'constructor'],
  ...['0', '1', '2', '-1', '1.0', '1.00', '2.0', '0.5', '0.50', '5e-1', '10e-1', '1e0', '-0'].map(parseNumber),
  ...[null, true, false],
];
const scalar = fc.constantFrom(...SCALARS);
const name = fc.constantFrom('a', 'b', 'c', '0', '1', '__proto__');

const { value: small, object: smallObject } = fc.letrec<{ value: RegoValue; object: RegoValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, depthSize: 'small', withCrossShrink: true },
    scalar,
    fc.array(tie('value'), { maxLength: 3 }),
    fc.array(tie('value'), { maxLength: 3 }).map((members) => new Set(members)),
    tie('object'),
  ),
  object: fc
    .array(fc.tuple(fc.oneof({ weight: 5, arbitrary: name }, { weight: 1, arbitrary: tie('value') }), tie('value')), {
      maxLength: 4,
    })
    .map(objectOf),
}));

const list = (of: fc.Arbitrary<RegoValue>, maxLength = 5) => fc.array(of, { maxLength });
const setOf = (of: fc.Arbitrary<RegoValue>, maxLength = 5): fc.Arbitrary<RegoValue> =>
  list(of, maxLength).map((members) => new Set(members));
const smallSet = setOf(fc.oneof({ weight: 3, arbitrary: scalar }, { weight: 1, arbitrary: small }), 6);
const keys: fc.Arbitrary<RegoValue> = fc.oneof(list(fc.oneof(name, small)), smallSet, smallObject);

const pointer = fc
  .tuple(
    fc.constantFrom('', '/', '//'),
    fc.array(fc.constantFrom('a', 'b', 'c', '0', '1', '2', '', '~1', '~0', '~01', '-', '01', '+1', '1.0'), {
      maxLength: 4,
    }),
  )
  .map(([start, parts]) => start + parts.join('/'));
const path: fc.Arbitrary<RegoValue> = fc.oneof(
  pointer,
  list(fc.oneof({ weight: 3, arbitrary: name }, scalar, small), 4),
);
const paths: fc.Arbitrary<RegoValue> = fc.oneof(list(path, 4), setOf(path, 4));

const operation: fc.Arbitrary<RegoValue> = fc
  .tuple(fc.constantFrom('add', 'remove', 'replace', 'move', 'copy', 'test'), path, path, small)
  .map(([op, at, from, value]) => ({ op, path: at, from, value }));

const index = fc
  .constantFrom(
    ...['-1', '0', '1', '2', '3', '5', '1.0', '2.00', '1e0', '0.5', '9223372036854775807', '9223372036854775808'],
    ...['-9223372036854775808', '-9223372036854775809', '1000000000000000000.0', '-0', '-1.0'],
  )
  .map(parseNumber);

const graph = fc
  .array(fc.tuple(scalar, fc.oneof(list(scalar, 3), setOf(scalar, 3), small)), { maxLength: 6 })
  .map(objectOf);

/** Parts of JSON texts, whole and broken. */
const JSON_PARTS = [
  ...[
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    ' ',
    '\n',
    '\t',
    'null',
    'true',
    'false',
    'nul',
    'tru',
    '"a"',
    '"b":1',
    '"a":',
    '"',
  ],
  ...[
    '0',
    '1',
    '-1',
    '-',
    '01',
    '1.',
    '1.0',
    '1.5e3',
    '1e',
    '1E+2',
    '-0',
    '.5',
    '+1',
    '1e400',
    '1e99999',
    '9007199254740993',
  ],
  ...[
    '"\\ud800"',
    '"\\ud83d\\ude00"',
    '"\\ud800\\u0041"',
    '"\\udc00\\ud800\\udc00"',
    '"\\u00e9"',
    '"\\u12"',
    '"\\x"',
    '"\\',
  ],
  ...[
    '"\u0001"',
    '"\u007f\u2028"',
    'é',
    '字',
    '😀',
    "'a'",
    '/',
    '"__proto__":1',
    '{"a":1}',
    '{"a":1,"a":2}',
    '{"a":{"b":[]}}',
  ],
  ...['[1,]', '{"a":1,}', '{1:2}', 'NaN', 'Infinity', '\u00a0', '\ufeff', '[[[', ']]]', '"\\/\\b\\f\\n\\r\\t\\"\\\\"'],
];
const jsonText = fc.oneof(
  { weight: 4, arbitrary: anyJsonValue.map((value) => JSON.stringify(value, (_, each) => plain(each)) ?? 'null') },
  { weight: 3, arbitrary: fc.array(fc.constantFrom(...JSON_PARTS), { maxLength: 6 }).map((parts) => parts.join('')) },
  {
    weight: 3,
    arbitrary: fc
      .tuple(
        anyJsonValue.map((value) => JSON.stringify(value, (_, each) => plain(each)) ?? 'null'),
        fc.nat(),
        fc.constantFrom('', ...JSON_PARTS),
        fc.nat(2),
      )
      .map(([text, at, part, cut]) => {
        const start = at % (text.length + 1);
        return (text.slice(0, start) + part + text.slice(start + cut)).toWellFormed();
      }),
  },
  { weight: 1, arbitrary: anyText },
);

/** What JSON.stringify writes for numbers beyond JavaScript's is of no matter here; the texts are. */
function plain(value: unknown): unknown {
  return typeof value === 'bigint' ? Number(value) : value;
}

export const collectionStrategies: Strategies = {
  and: fc.tuple(smallSet, smallSet),
  or: fc.tuple(smallSet, smallSet),
  intersection: fc.tuple(setOf(smallSet, 3)),
  union: fc.tuple(setOf(smallSet, 4)),
  'array.flatten': fc.tuple(list(small)),
  'array.slice': fc.tuple(list(small), index, index),
  'graph.reachable': fc.tuple(graph, fc.oneof(list(scalar, 3), setOf(scalar, 3))),
  'graph.reachable_paths': fc.tuple(graph, fc.oneof(list(scalar, 3), setOf(scalar, 3))),
  'internal.member_2': fc.tuple(small, small),
  'internal.member_3': fc.tuple(scalar, scalar, small),
  'json.filter': fc.tuple(smallObject, paths),
  'json.is_valid': fc.tuple(jsonText),
  'json.marshal': fc.tuple(small),
  'json.patch': fc.tuple(small, list(operation, 3)),
  'json.remove': fc.tuple(smallObject, paths),
  'json.unmarshal': fc.tuple(jsonText),
  'object.filter': fc.tuple(smallObject, keys),
  'object.get': fc.tuple(smallObject, fc.oneof(scalar, list(scalar, 3), small), scalar),
  'object.keys': fc.tuple(smallObject),
  'object.remove': fc.tuple(smallObject, keys),
  'object.subset': fc.tuple(small, small),
  'object.union': fc.tuple(smallObject, smallObject),
  'object.union_n': fc.tuple(list(smallObject, 4)),
  walk: fc.tuple(small),
};
