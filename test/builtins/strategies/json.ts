import fc from 'fast-check';
import { isRegoObject, parseNumber, type RegoValue, regoEntries, toJsonText } from '../../../src/rego/value.ts';
import { anyJsonValue, anyValue, objectOf } from '../values.ts';
import { schemaAndDocument } from './schemas.ts';
import type { Strategies } from './strategies.ts';

/** Keys that look like indices and like prototypes, and those that a JSON pointer has to escape. */
const key = fc.constantFrom('a', 'b', 'c', '0', '1', '-', '', 'a/b', '~', '~0', '__proto__', 'constructor', 'é', ' ');
const document: fc.Arbitrary<RegoValue> = fc.letrec<{ value: RegoValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    fc.constantFrom<RegoValue>('x', 1, null, true, parseNumber('1.0')),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.array(fc.tuple(key, tie('value')), { maxLength: 3 }).map(objectOf),
    fc.array(tie('value'), { maxLength: 3 }).map((members) => new Set(members)),
  ),
})).value;
const object = fc.array(fc.tuple(key, document), { maxLength: 4 }).map(objectOf);

/** Every path into a value. */
function pathsOf(value: RegoValue): RegoValue[][] {
  const below = (name: RegoValue, child: RegoValue) => [[name], ...pathsOf(child).map((path) => [name, ...path])];
  if (Array.isArray(value)) return value.flatMap((each, index) => below(index, each));
  if (value instanceof Set) return [...value].flatMap((each) => below(each, each));
  return isRegoObject(value) ? regoEntries(value).flatMap(([name, each]) => below(name, each)) : [];
}

function pathIn(value: RegoValue): fc.Arbitrary<RegoValue> {
  const known = fc.constantFrom<RegoValue[]>([], ...pathsOf(value));
  const path = fc.oneof(
    { weight: 12, arbitrary: known },
    {
      weight: 2,
      arbitrary: fc
        .tuple(known, fc.oneof(key, fc.constantFrom('-1', '01', '2', '10')))
        .map(([start, end]) => [...start, end]),
    },
    { weight: 1, arbitrary: fc.array(key, { maxLength: 3 }) },
  );
  return fc.tuple(path, fc.nat(5)).map(([parts, form]) => {
    if (form <= 1) return parts;
    const pointer = parts.map((part) => String(typeof part === 'object' ? toJsonText(part) : part));
    const escaped = pointer.map((part) => part.replaceAll('~', '~0').replaceAll('/', '~1'));
    return (form === 2 ? '' : '/') + (form === 5 ? pointer : escaped).join('/');
  });
}

const patched = fc.oneof({ weight: 4, arbitrary: document }, { weight: 2, arbitrary: object }).chain((value) => {
  const path = pathIn(value);
  const operation = fc
    .tuple(
      fc.constantFrom('add', 'remove', 'replace', 'move', 'copy', 'test', 'other'),
      path,
      path,
      document,
      fc.nat(20),
    )
    .map(([op, to, from, content, chance]): RegoValue => {
      if (chance === 0) return { op, path: to };
      return op === 'remove' ? { op, path: to } : { op, path: to, from, value: content };
    });
  return fc.tuple(
    fc.constant(value),
    fc.oneof(
      { weight: 3, arbitrary: operation.map((each) => [each]) },
      { weight: 1, arbitrary: fc.array(operation, { maxLength: 3 }) },
    ),
  );
});

const withPaths = object.chain((value) => {
  const paths = fc.array(pathIn(value), { maxLength: 3 });
  return fc.tuple(
    fc.constant(value),
    fc.oneof(
      paths,
      paths.map((each): RegoValue => new Set(each)),
    ),
  );
});

/** JSON texts, and ones that differ from JSON where readers are lenient. */
const jsonText = fc.oneof(
  { weight: 4, arbitrary: anyJsonValue.map(toJsonText) },
  {
    weight: 4,
    arbitrary: fc.constantFrom(
      ...[
        '{"a":1} x',
        '[1,]',
        '01',
        '{1:2}',
        '-',
        '+1',
        '.5',
        '5.',
        '1e',
        '1e+',
        '-0',
        '1E5',
        '1.0e-2',
        '{"a":1,"a":2}',
        '{"a":1,}',
        '[,1]',
        '[1 2]',
        'nul',
        'TRUE',
        'NaN',
        'Infinity',
      ],
      ...[
        '"\\ud800"',
        '"\\ud83d\\ude00"',
        '"\\ude00\\ud83d"',
        '"\\u00e9"',
        '"\\x41"',
        '"\\/"',
        '"\n"',
        '"\t"',
        '"\u007f"',
        '"\u0000"',
        "'a'",
        '"a',
        '"\\"',
        '\ufeff1',
        ' \t\r\n1 ',
        '\u00a01',
        '\f1',
      ],
      ...[
        '',
        ' ',
        '//c\n1',
        '/**/1',
        '[[[[]]]]',
        '{"__proto__":1}',
        '{"constructor":{"prototype":1}}',
        '1e400',
        '1e-400',
        '123456789012345678901234567890',
        '0.1000',
        '-1.5e+3',
        '1 2',
        '{} {}',
        '"\\u12"',
        '"\\uD83D"x',
        '[1]]',
        '{"a"}',
        '{"a":}',
        '{a:1}',
        '[1,,2]',
        '00',
        '-01',
        '1.',
        '0x10',
        '1_0',
      ],
    ),
  },
  {
    weight: 2,
    arbitrary: fc
      .array(
        fc.constantFrom('{', '}', '[', ']', ',', ':', '"a"', '"b"', '1', '-', 'null', 'true', ' ', '1.5', '\\', '"'),
        { maxLength: 8 },
      )
      .map((parts) => parts.join('')),
  },
);

export const jsonStrategies: Strategies = {
  'json.patch': patched,
  'json.filter': withPaths,
  'json.remove': withPaths,
  'json.unmarshal': fc.tuple(jsonText),
  'json.is_valid': fc.tuple(jsonText),
  'json.marshal': fc.tuple(anyValue),
  'json.marshal_with_options': fc.tuple(
    anyValue,
    fc.record(
      { pretty: fc.boolean(), indent: fc.constantFrom('', ' ', '\t', 'ab'), prefix: fc.constantFrom('', '>', ' ') },
      { requiredKeys: [], noNullPrototype: true },
    ) as fc.Arbitrary<RegoValue>,
  ),
  'json.match_schema': schemaAndDocument.map(([schema, value]) => [value, schema]),
  'json.verify_schema': schemaAndDocument.map(([schema]) => [schema]),
};
