import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { addKeywords } from './schema-keywords.ts';
import { describeMisfits } from './schema-message.ts';

/** Data of another shape than that of the shipped policies. */
const DATA = {
  hospital: {
    wards: { surgery: { head: 'ada' }, cardiology: { head: 'bo' } },
    staff: ['ada', 'bo'],
    shifts: { early: { nurses: [] }, late: { nurses: [] } },
    empty: {},
  },
};
const WARD = { 'x-name-of': { ward: 'hospital/wards' } };
const APPROVER = {
  ...WARD,
  'x-prefixes': { 'head:': { head: 'hospital/wards/*/head' } },
  'x-placeholders': { '{ward}': 'hospital/wards', '{head}': 'hospital/wards/*/head' },
};
const SPAN = { properties: { from: {}, to: {} }, 'x-not-before': { to: 'from' } };
const LEVELS = { properties: { one: {}, two: {}, three: {} }, 'x-ascending': ['one', 'two', 'three'] };
const LISTS = { properties: { a: {}, b: {}, c: {} }, 'x-disjoint': ['a', 'b', 'c'] };

function examine(schema: object, value: unknown) {
  const ajv = new Ajv2020({ allErrors: true, verbose: true, logger: false });
  const faults = addKeywords(ajv, DATA);
  const validate = ajv.compile(schema);
  validate(value);
  const said = describeMisfits(validate.errors ?? []).map(({ pointer, message }) => `${pointer}: ${message}`);
  return { said, faults: faults.map(({ keyword, message }) => `${keyword}: ${message}`) };
}

describe('keywords of schemas', () => {
  it.each<[string, object, unknown]>([
    ['a key', WARD, 'surgery'],
    ['an element of a list', { 'x-name-of': { person: 'hospital/staff' } }, 'bo'],
    ['a name of either sort', { 'x-name-of': { ward: 'hospital/wards', person: 'hospital/staff' } }, 'ada'],
    ['a value that is no text', WARD, 7],
    ['a key of the value', { propertyNames: WARD }, { surgery: 1 }],
    ['a name after a prefix', APPROVER, 'head:ada'],
    ['a placeholder that stands for a name', APPROVER, '{ward}'],
    ['a placeholder after a prefix', APPROVER, 'head:{head}'],
    ['members that ascend', LEVELS, { one: 1, two: 2, three: 3 }],
    ['members that are missing', LEVELS, { one: 5, three: 3 }],
    ['one day', SPAN, { from: '2026-01-31', to: '2026-01-31' }],
    ['instants of different offsets', SPAN, { from: '2026-01-31T23:00:00+09:00', to: '2026-01-31T15:00:00Z' }],
    ['lists without a common element', LISTS, { a: [1], b: [2], c: [] }],
    ['a time zone', { type: 'string', format: 'time-zone' }, 'Asia/Tokyo'],
  ])('accept %s', (_, schema, value) => {
    expect(examine(schema, value)).toEqual({ said: [], faults: [] });
  });

  it.each<[string, object, unknown, string]>([
    ['another name', WARD, 'surgeri', ': there is no ward "surgeri"'],
    [
      'a name of neither sort',
      { 'x-name-of': { ward: 'hospital/wards', person: 'hospital/staff' } },
      'cy',
      ': there is no ward or person "cy"',
    ],
    ['another name as key', { propertyNames: WARD }, { 'a/b': 1 }, '/a~1b: there is no ward "a/b"'],
    ['a name of another sort after a prefix', APPROVER, 'head:surgery', ': there is no head "surgery"'],
    ['a placeholder of another sort', APPROVER, 'head:{ward}', ': there is no head "{ward}"'],
    ['a name that no placeholder makes', APPROVER, '{ward}-heads', ': there is no ward "{ward}-heads"'],
    ['any name of an empty collection', { 'x-name-of': { bed: 'hospital/empty' } }, 'b1', ': there is no bed "b1"'],
    ['equal members', LEVELS, { one: 1, two: 1, three: 3 }, '/two: must be higher than that of one (1)'],
    ['a day before', SPAN, { from: '2026-01-31', to: '2026-01-30' }, '/to: must not be before from (2026-01-31)'],
    [
      'an instant before, with a later text',
      SPAN,
      { from: '2026-01-31T12:00:00Z', to: '2026-01-31T13:00:00+09:00' },
      '/to: must not be before from (2026-01-31T12:00:00Z)',
    ],
    [
      'an element of two lists',
      LISTS,
      { a: [1], b: [2], c: [3, 1] },
      '/c/1: 1 is also in a: remove it from one of the two',
    ],
    ['no time zone', { type: 'string', format: 'time-zone' }, 'Mars', ': there is no time zone "Mars"'],
  ])('refuse %s', (_, schema, value, said) => {
    expect(examine(schema, value)).toEqual({ said: [said], faults: [] });
  });

  it.each(['hospital/empty/*/head', 'hospital/shifts/*/nurses/*'])('may name %s, which has no members yet', (path) => {
    expect(examine({ ...WARD, 'x-placeholders': { '{head}': path } }, 'surgery')).toEqual({ said: [], faults: [] });
  });

  it.each<[string, object, string]>([
    ['a path', { 'x-name-of': { ward: 'hospital/words' } }, 'x-name-of: the data have nothing at "hospital/words"'],
    [
      'a path after a prefix',
      { ...WARD, 'x-prefixes': { 'head:': { head: 'hospital/wards/*/haed' } } },
      'x-prefixes: the data have nothing at "hospital/wards/*/haed"',
    ],
    [
      'a path for a placeholder',
      { ...WARD, 'x-placeholders': { '{ward}': 'hospital/words/*' } },
      'x-placeholders: the data have nothing at "hospital/words/*"',
    ],
    [
      'a member',
      { properties: { one: {} }, 'x-ascending': ['one', 'two'] },
      'x-ascending: "two" is not one of the properties of this schema',
    ],
    [
      'the member before',
      { properties: { to: {} }, 'x-not-before': { to: 'form' } },
      'x-not-before: "form" is not one of the properties of this schema',
    ],
    [
      'a list',
      { properties: { a: {} }, 'x-disjoint': ['a', 'z'] },
      'x-disjoint: "z" is not one of the properties of this schema',
    ],
  ])('that name %s that does not exist are a fault of the schema, once', (_, schema, fault) => {
    const twice = { $defs: { it: schema }, properties: { a: { $ref: '#/$defs/it' }, b: { $ref: '#/$defs/it' } } };
    expect(examine(twice, { a: 'x', b: 'y' })).toEqual({ said: [], faults: [fault] });
  });

  it.each<[string, object, RegExp]>([
    ['a text for nouns and paths', { 'x-name-of': 'hospital/wards' }, /"x-name-of" value is invalid.*must be object/],
    ['a single member', { 'x-ascending': ['one'] }, /"x-ascending" value is invalid.*fewer than 2 items/],
    [
      'prefixes alone',
      { 'x-prefixes': { 'head:': { head: 'hospital/wards' } } },
      /dependencies of x-prefixes: x-name-of/,
    ],
    ['a keyword that does not exist', { 'x-nameof': { ward: 'hospital/wards' } }, /unknown keyword: "x-nameof"/],
  ])('cannot be %s', (_, schema, message) => {
    expect(() => examine(schema, 'x')).toThrow(message);
  });
});
