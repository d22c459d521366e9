import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  compareRego,
  formatRego,
  numericValue,
  parseNumber,
  parseRego,
  type RegoValue,
  toJsonText,
} from './rego-value.ts';

describe('parseRego', () => {
  it.each<[text: string, value: RegoValue]>([
    ['null', null],
    ['-12', -12],
    ['9007199254740993', 9007199254740993n],
    ['-9223372036854775808', -9223372036854775808n],
    ['"a\\"}"', 'a"}'],
    ['[]', []],
    ['{}', {}],
    ['set()', new Set()],
    ['{1}', new Set([1])],
    ['{1, {"a", "b"}}', new Set([1, new Set(['a', 'b'])])],
    ['{"a": [true, false], "b": set()}', { a: [true, false], b: new Set() }],
    [
      '{1: "a", [2]: "b"}',
      new Map<RegoValue, RegoValue>([
        [1, 'a'],
        [[2], 'b'],
      ]),
    ],
  ])('reads %s', (text, value) => {
    expect(parseRego(text)).toEqual(value);
  });

  it('takes __proto__ for a key like any other', () => {
    expect(Object.entries(parseRego('{"__proto__": 1}') as object)).toEqual([['__proto__', 1]]);
  });

  it('reads what formatRego wrote', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const read = parseRego(formatRego(value as RegoValue));
        expect(parseRego(formatRego(read))).toEqual(read);
      }),
    );
  });
});

describe('numericValue', () => {
  it.each([
    ['1.50', 1.5],
    ['1e3', 1000],
    ['1.0', 1],
    ['1e19', 10_000_000_000_000_000_000n],
    ['123456789012345678.9', 123_456_789_012_345_680],
    ['12345678901234567890', 12_345_678_901_234_567_890n],
  ])('reads %s, and formatRego gives its text again', (text, value) => {
    const number = parseNumber(text);
    expect([numericValue(number), formatRego(number)]).toEqual([value, text]);
  });

  it('refuses a number that would fill the memory', () => {
    expect(() => numericValue(parseNumber('1e999999999'))).toThrow('too large');
  });
});

describe('compareRego', () => {
  it('sorts by type first, and strings by code point', () => {
    const sorted: RegoValue[] = [null, false, true, -1, 2n, 2.5, '', 'a', '～', '😀', [], [1], {}, { a: 1 }, new Set()];
    expect([...sorted].reverse().sort(compareRego)).toEqual(sorted);
  });

  it('compares objects member by member, as OPA does', () => {
    const [a, b] = ['{1: false, 2: 0}', '{1: [], 3: 0}'].map(parseRego) as [RegoValue, RegoValue];
    expect(compareRego(a, b)).toBeLessThan(0);
    expect(['{"a": 2, "b": 0}', '{"a": 1, "c": 0}'].map(parseRego).sort(compareRego)).toEqual([
      { a: 1, c: 0 },
      { a: 2, b: 0 },
    ]);
  });
});

describe('formatRego', () => {
  it('replaces half of a surrogate pair, which no Rego text has', () => {
    expect(formatRego(JSON.parse('"a\\ud800"'))).toBe('"a\ufffd"');
  });
});

describe('toJsonText', () => {
  it('writes sets as sorted arrays, keys in order and keys that are not strings as their text', () => {
    const value = { b: new Set([3, 1, 2]), 10: 1, 9: new Map<RegoValue, RegoValue>([[new Set([1]), 'x']]) };
    expect(toJsonText(value)).toBe('{"10":1,"9":{"[1]":"x"},"b":[1,2,3]}');
  });

  it('orders members by their names in JSON', () => {
    expect(toJsonText(parseRego('{null: 1, false: 2, "<": 3, {"<"}: 4}'))).toBe(
      '{"<":3,"[\\"\\\\u003c\\"]":4,"false":2,"null":1}',
    );
  });
});
