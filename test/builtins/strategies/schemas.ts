import fc from 'fast-check';
import { parseNumber, type RegoValue, toJsonText } from '../../../src/rego/value.ts';
import { objectOf } from '../values.ts';

const FORMATS = [
  'date',
  'time',
  'date-time',
  'hostname',
  'email',
  'idn-email',
  'ipv4',
  'ipv6',
  'uri',
  'uri-reference',
  'iri',
  'iri-reference',
  'uri-template',
  'uuid',
  'regex',
  'json-pointer',
  'relative-json-pointer',
  'unknown',
  'duration',
  'byte',
];
const FORMATTED = [
  '2024-02-30',
  '2024-02-29',
  '2023-02-29',
  '12:00:00',
  '12:00:00Z',
  '23:59:60Z',
  '12:00:00.5+02:00',
  '24:00:00',
  '2024-01-01T00:00:00Z',
  '2024-01-01 00:00:00',
  '2024-01-01t00:00:00z',
  '2024-01-01T00:00:00',
  '2016-12-31T23:59:60Z',
  'example.com',
  '-a.com',
  'a_b',
  'a..b',
  'a.',
  'é.com',
  'a@b',
  'a@b.com',
  '"a b"@c.de',
  'Name <a@b.com>',
  '@b',
  'a@',
  '10.0.0.1',
  '10.0.0.01',
  '256.0.0.1',
  '10.0.0',
  '::1',
  '::ffff:10.0.0.1',
  'fe80::1%en0',
  '1::2::3',
  'http://a.b/c',
  '/a/b',
  'a b',
  '//a',
  '#f',
  'http://é/',
  'http://[::1',
  'mailto:a@b',
  '{a}',
  '{a',
  '/a/{+b}',
  '00000000-0000-0000-0000-000000000000',
  '6ba7b810-9dad-11d1-80b4-00c04fd430c8',
  '6BA7B8109DAD11D180B400C04FD430C8',
  '^a$',
  '(',
  '(?=a)',
  '/a/~0',
  '/~2',
  '',
  '0',
  '1/a',
  '0#',
  '-1',
  'P1D',
  '\\',
  'a\\b',
];
const name = fc.constantFrom(
  'a',
  'b',
  'c',
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  '',
  'x-1',
  '0',
  'é',
);
const NUMBERS = [
  '0',
  '1',
  '2',
  '3',
  '-1',
  '5',
  '0.1',
  '0.3',
  '0.01',
  '1.1',
  '4.35',
  '1.0',
  '2.50',
  '1e2',
  '1e-7',
  '9007199254740993',
  '1e30',
  '1e-400',
  '0.5',
  '19.99',
  '100',
  '10',
  '-0',
];
const number = fc.constantFrom(...NUMBERS).map(parseNumber) as fc.Arbitrary<RegoValue>;
const text = fc.oneof(
  fc.constantFrom('', 'a', 'ab', 'abc', 'aa', 'é', '😀', 'e\u0301', 'a\nb'),
  fc.constantFrom(...FORMATTED),
);

const document: fc.Arbitrary<RegoValue> = fc.letrec<{ value: RegoValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    fc.constantFrom<RegoValue>(null, true, false),
    text,
    number,
    fc.array(tie('value'), { maxLength: 3 }),
    fc.array(fc.tuple(name, tie('value')), { maxLength: 3 }).map(objectOf),
  ),
})).value;

type Keyword = [string, RegoValue];
const size = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom<RegoValue>(0, 1, 2, 3) },
  { weight: 1, arbitrary: fc.constantFrom<RegoValue>(-1, parseNumber('1.0'), parseNumber('1.5'), '1', null) },
);
const type = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom('string', 'number', 'integer', 'object', 'array', 'boolean', 'null') },
  { weight: 1, arbitrary: fc.constantFrom('any', '', 'String') },
);

function keywords(schema: fc.Arbitrary<RegoValue>): fc.Arbitrary<Keyword> {
  const of = (names: string[], value: fc.Arbitrary<unknown>) =>
    fc.tuple(fc.constantFrom(...names), value as fc.Arbitrary<RegoValue>);
  const schemas = fc.array(schema, { maxLength: 3 });
  const named = fc.array(fc.tuple(name, schema), { maxLength: 3 }).map(objectOf);
  return fc.oneof(
    { weight: 4, arbitrary: of(['type'], fc.oneof(type, type, fc.array(type, { maxLength: 3 }))) },
    { weight: 3, arbitrary: of(['format'], fc.constantFrom(...FORMATS)) },
    {
      weight: 3,
      arbitrary: of(
        ['multipleOf', 'minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum'],
        fc.oneof(
          { weight: 9, arbitrary: number },
          { weight: 1, arbitrary: fc.constantFrom<RegoValue>(true, false, '1', null) },
        ),
      ),
    },
    {
      weight: 3,
      arbitrary: of(['minLength', 'maxLength', 'minItems', 'maxItems', 'minProperties', 'maxProperties'], size),
    },
    {
      weight: 1,
      arbitrary: of(['pattern'], fc.constantFrom<RegoValue>('^a', 'a$', 'b+', '(', '^.{2}$', '(?=a)', '\\d', 1)),
    },
    { weight: 3, arbitrary: of(['enum'], fc.array(document, { maxLength: 3 })) },
    { weight: 2, arbitrary: of(['const', 'default', 'examples'], document) },
    { weight: 3, arbitrary: of(['properties', 'patternProperties', 'definitions', '$defs'], named) },
    {
      weight: 2,
      arbitrary: of(['required'], fc.oneof(fc.array(name, { maxLength: 3 }), fc.constantFrom<RegoValue>(true, 'a'))),
    },
    {
      weight: 2,
      arbitrary: of(
        ['additionalProperties', 'additionalItems', 'propertyNames', 'contains', 'not', 'if', 'then', 'else'],
        fc.oneof(fc.boolean(), schema),
      ),
    },
    { weight: 2, arbitrary: of(['items'], fc.oneof(fc.boolean(), schema, schemas)) },
    { weight: 2, arbitrary: of(['allOf', 'anyOf', 'oneOf'], schemas) },
    {
      weight: 1,
      arbitrary: of(
        ['dependencies'],
        fc.array(fc.tuple(name, fc.oneof(schema, fc.array(name, { maxLength: 2 }))), { maxLength: 2 }).map(objectOf),
      ),
    },
    { weight: 1, arbitrary: of(['uniqueItems'], fc.constantFrom<RegoValue>(true, true, false, 1)) },
    {
      weight: 1,
      arbitrary: of(
        ['$ref'],
        fc.constantFrom('#', '#/definitions/a', '#/definitions/missing', '#/properties/a', 'file:///nowhere/x', '#foo'),
      ),
    },
    {
      weight: 1,
      arbitrary: of(
        ['$schema'],
        fc.constantFrom(
          'http://json-schema.org/draft-04/schema#',
          'http://json-schema.org/draft-06/schema#',
          'http://json-schema.org/draft-07/schema#',
          'https://json-schema.org/draft/2020-12/schema',
          'other',
        ),
      ),
    },
    { weight: 1, arbitrary: of(['$id', 'id'], fc.constantFrom('http://example.com/s', '#foo', 'x')) },
    {
      weight: 1,
      arbitrary: of(
        [
          'title',
          'description',
          'unknown',
          'contentEncoding',
          'prefixItems',
          'dependentRequired',
          'minContains',
          'unevaluatedProperties',
          'nullable',
        ],
        document,
      ),
    },
  );
}

const schema: fc.Arbitrary<RegoValue> = fc.letrec<{ schema: RegoValue }>((tie) => ({
  schema: fc.oneof(
    { maxDepth: 2, depthSize: 'small' },
    { weight: 1, arbitrary: fc.constantFrom<RegoValue>({}, true, false) },
    { weight: 8, arbitrary: fc.array(keywords(tie('schema')), { minLength: 1, maxLength: 3 }).map(objectOf) },
  ),
})).schema;

/** Documents that come near to what some keyword says. */
const fitting: fc.Arbitrary<[RegoValue, RegoValue]> = fc.oneof(
  fc
    .tuple(fc.constantFrom(...FORMATS), fc.constantFrom(...FORMATTED))
    .map(([format, value]): [RegoValue, RegoValue] => [{ format }, value]),
  fc
    .tuple(fc.constantFrom('multipleOf', 'minimum', 'exclusiveMaximum'), number, number)
    .map(([keyword, limit, value]): [RegoValue, RegoValue] => [{ [keyword]: limit }, value]),
  fc
    .tuple(fc.constantFrom('minLength', 'maxLength'), fc.nat(3), text)
    .map(([keyword, limit, value]): [RegoValue, RegoValue] => [{ [keyword]: limit }, value]),
  fc
    .tuple(fc.array(document, { maxLength: 3 }), document)
    .chain(([allowed, other]) =>
      fc.constantFrom(...allowed, other).map((value): [RegoValue, RegoValue] => [{ enum: allowed }, value]),
    ),
);

export const schemaAndDocument: fc.Arbitrary<[RegoValue, RegoValue]> = fc
  .tuple(fc.oneof({ weight: 5, arbitrary: fc.tuple(schema, document) }, { weight: 3, arbitrary: fitting }), fc.nat(9))
  .map(([[found, value], form]) => {
    // A schema or a document that is not an object has to be given as text.
    const isObject = (each: RegoValue) => typeof each === 'object' && each !== null && !Array.isArray(each);
    const given = (each: RegoValue) => (isObject(each) && form > 0 ? each : toJsonText(each));
    return [given(found), given(value)];
  });
