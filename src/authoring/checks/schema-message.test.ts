import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, it } from 'vitest';
import { describeMisfits } from './schema-message.ts';

/** What is said of a value that does not fit. */
function saidOf(schema: object, value: unknown): string[] {
  const validate = new Ajv2020({ allErrors: true, verbose: true, strict: false }).compile(schema);
  expect(validate(value)).toBe(false);
  return describeMisfits(validate.errors ?? []).map(({ pointer, message }) => `${pointer}: ${message}`);
}

const limits = { properties: { limit: {}, lifetime: {} }, additionalProperties: false };
const named = { description: 'Small letters.', pattern: '^[a-z]+$' };

it.each<[string, object, unknown, string]>([
  [
    'a member with a typing error',
    limits,
    { limmit: 1 },
    '/limmit: unknown member "limmit" (did you mean "limit"?); allowed: "limit", "lifetime"',
  ],
  ['a member like no other', limits, { owner: 1 }, '/owner: unknown member "owner"; allowed: "limit", "lifetime"'],
  [
    'a member where there is none',
    { additionalProperties: false },
    { 'a/b': 1 },
    '/a~1b: unknown member "a/b"; no member is allowed',
  ],
  ['a missing member', { required: ['limit'] }, {}, ": must have required property 'limit'"],
  ['a value that is not listed', { enum: ['low', 'high'] }, 'urgent', ': must be one of "low", "high", not "urgent"'],
  [
    'a value with a typing error',
    { enum: ['sandbox', 'production'] },
    'prodction',
    ': must be one of "sandbox", "production", not "prodction" (did you mean "production"?)',
  ],
  [
    'a value of many',
    { enum: Array.from({ length: 30 }, (_, at) => at) },
    99,
    `: must be one of ${Array.from({ length: 20 }, (_, at) => at).join(', ')}, and 10 more, not 99`,
  ],
  ['another constant', { const: 'EC' }, 'RSA', ': must be "EC", not "RSA"'],
  ['a text for a number', { type: 'integer' }, '3', ': must be integer, not the string "3"'],
  ['half a number', { type: 'integer' }, 1.5, ': must be integer, not 1.5'],
  ['a list for an object', { type: 'object' }, [], ': must be object, not an array'],
  ['an object for a list', { type: 'array' }, {}, ': must be array, not an object'],
  ['nothing for a list', { type: 'array' }, null, ': must be array, not null'],
  ['a text that breaks a rule', named, 'A', ': must match pattern "^[a-z]+$" (Small letters), and "A" does not'],
  [
    'a text that breaks a rule without words',
    { pattern: '^a' },
    'b'.repeat(99),
    `: must match pattern "^a", and "${'b'.repeat(59)}… does not`,
  ],
  [
    'a name that breaks a rule',
    { propertyNames: named },
    { A: 1 },
    '/A: the name must match pattern "^[a-z]+$" (Small letters), and "A" does not',
  ],
  [
    'a name that is not listed',
    { propertyNames: { enum: ['medium'] } },
    { medum: 1 },
    '/medum: the name must be one of "medium", not "medum" (did you mean "medium"?)',
  ],
  ['what must not be there', { properties: { y: false } }, { y: 1 }, '/y: must be absent'],
  [
    'what depends on something',
    JSON.parse('{"if": {"required": ["a"]}, "then": {"required": ["b"]}}'),
    { a: 1 },
    ": must have required property 'b'",
  ],
])('tells of %s', (_, schema, value, said) => {
  expect(saidOf(schema, value)).toEqual([said]);
});
