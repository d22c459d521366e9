import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  canonicalRego,
  compareRego,
  formatRego,
  numericValue,
  parseNumber,
  parseRego,
  type RegoValue,
  toJsonText,
} from './value.ts';

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
    ['-0', -0],
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

  it('compares objects key by key, each with its value', () => {
    expect(compareRego({ a: 1, c: 1 }, { a: 2, b: 1 })).toBeLessThan(0);
    expect(compareRego({ a: 1, b: 3 }, { a: 1, c: 2 })).toBeLessThan(0);
    expect(compareRego({ a: 1 }, { a: 1, b: 0 })).toBeLessThan(0);
  });

  it.each([
    ['0.1', '0.10000000000000000001'],
    ['9007199254740992.5', '9007199254740993'],
    ['1e999999998', '1e999999999'],
    ['-1e400', '-1e399'],
  ])('tells %s from %s, which are one double', (less, more) => {
    const [a, b] = [parseNumber(less), parseNumber(more)];
    expect([Math.sign(compareRego(a, b)), Math.sign(compareRego(b, a))]).toEqual([-1, 1]);
    expect(canonicalRego(a)).not.toBe(canonicalRego(b));
  });
});

describe('toJsonText', () => {
  it('writes sets as sorted arrays, keys in order and keys that are not strings as their text', () => {
    const value = { b: new Set([3, 1, 2]), 10: 1, 9: new Map<RegoValue, RegoValue>([[new Set([1]), 'x']]) };
    expect(toJsonText(value)).toBe('{"10":1,"9":{"[1]":"x"},"b":[1,2,3]}');
  });

  // What opa 1.22.4 answers.
  it('orders keys that are not strings by their text, and keeps one of each', () => {
    expect(toJsonText(parseRego('{null: 1, false: 2, 10: 3, 9: 4, "": 5}'))).toBe(
      '{"":5,"10":3,"9":4,"false":2,"null":1}',
    );
    expect(toJsonText(parseRego('{"1": "text", 1: "number", [1]: 2}'))).toBe('{"1":"text","[1]":2}');
  });
});
