import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalDecimal, compareDecimals, integerOfDecimal, writtenDecimal } from './decimal-text.ts';

describe('compareDecimals', () => {
  it.each([
    ['0.1', '0.10000000000000000001', -1],
    ['9007199254740993', '9007199254740992.9999', 1],
    ['1e999999999', '1e999999998', 1],
    ['-1e999999999', '1e-999999999', -1],
    ['1.50', '15e-1', 0],
    ['-0', '0e5', 0],
    ['100', '1E+2', 0],
    ['.5', '00.50', 0],
  ])('%s and %s', (a, b, want) => {
    expect(Math.sign(compareDecimals(a, b))).toBe(want);
    expect(Math.sign(compareDecimals(b, a))).toBe(0 - want);
    expect(canonicalDecimal(a) === canonicalDecimal(b)).toBe(want === 0);
  });

  it('orders doubles as JavaScript does', () => {
    const double = fc.double({ noNaN: true, noDefaultInfinity: true });
    fc.assert(
      fc.property(double, double, (a, b) => {
        expect(Math.sign(compareDecimals(String(a), String(b)))).toBe(
          Math.sign(a - b) || Number(a > b) - Number(a < b),
        );
      }),
    );
  });

  it('refuses what is no number', () => {
    for (const text of ['', '.', '1e', 'x', '1 ']) expect(() => compareDecimals(text, '1')).toThrow('not a number');
  });
});

describe('integerOfDecimal', () => {
  it.each([
    ['1e3', 1000n],
    ['-12.00', -12n],
    ['1.5', undefined],
    ['0e999999999', 0n],
    ['123456789012345678.9', undefined],
  ])('%s', (text, want) => {
    expect(integerOfDecimal(text)).toBe(want);
  });

  it('refuses an integer that would fill the memory', () => {
    expect(() => integerOfDecimal('1e999999999')).toThrow('too large');
    expect(() => writtenDecimal('1e-999999999')).toThrow('too large');
  });
});
