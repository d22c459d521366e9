import { expect, it } from 'vitest';
import { parseNumber } from '../value.ts';
import { compareExact, exactDecimal, formatShortest, isMultipleOf, isWhole, wholeOf } from './exact-decimal.ts';

const of = (text: string) => exactDecimal(parseNumber(text));

it.each([
  ['0.3', '0.1', true],
  ['19.99', '0.01', true],
  ['0.35', '0.1', false],
  ['9007199254740993', '2', false],
  ['1e30', '7', false],
  ['-4', '2', true],
])('%s by %s: %s', (number, divisor, want) => {
  expect(isMultipleOf(of(number), of(divisor))).toBe(want);
});

it('compares what doubles cannot tell apart', () => {
  expect(compareExact(of('9007199254740993'), of('9007199254740992'))).toBe(1);
  expect(compareExact(of('0.1'), of('1e-1'))).toBe(0);
  expect(compareExact(of('-1e-400'), of('0'))).toBe(-1);
});

it('knows whole numbers however they are written', () => {
  expect(['1.0', '1e2', '10e-1', '1.5', '1e-400'].map((text) => isWhole(of(text)))).toEqual([
    ...[true, true, true, false, false],
  ]);
  expect(['1.0', '1e2', '10e-1', '-0'].map((text) => wholeOf(of(text)))).toEqual([1n, 100n, 1n, 0n]);
});

// What Go prints for a big.Float.
it.each([
  ['0.1', '0.1'],
  ['2.50', '2.5'],
  ['100', '100'],
  ['123456', '123456'],
  ['1000000', '1e+06'],
  ['9007199254740992', '9.007199254740992e+15'],
  ['0.00001', '1e-05'],
  ['-0.0001', '-0.0001'],
  ['-0', '0'],
])('prints %s as %s', (text, want) => {
  expect(formatShortest(of(text))).toBe(want);
});

it('refuses exponents that nobody can compute with', () => {
  expect(() => of('1e999999999')).toThrow('number is too large');
});
