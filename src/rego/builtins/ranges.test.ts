import { describe, expect, it } from 'vitest';
import { callBuiltin } from '../../../test/policy/builtin-call.ts';
import { rangeBuiltins } from './ranges.ts';

// What opa 1.22.4 answers.
describe('numbers.range', () => {
  it.each([
    ['numbers.range', '1, 3', '[1,2,3]'],
    ['numbers.range', '3, 1', '[3,2,1]'],
    [
      'numbers.range',
      '18446744073709551615, 18446744073709551617',
      '[18446744073709551615,18446744073709551616,18446744073709551617]',
    ],
    ['numbers.range', '1.0, 2e0', '[1,2]'],
  ])('%s(%s)', (name, args, want) => {
    expect(callBuiltin(rangeBuiltins, name, args)).toBe(want);
  });

  it.each([
    ['numbers.range', '"a", 1', 'operand 1 must be integer but got string'],
    ['numbers.range', '1, 1.5', 'operand 2 must be integer number but got floating-point number'],
  ])('%s(%s) is an error', (name, args, message) => {
    expect(() => callBuiltin(rangeBuiltins, name, args)).toThrow(message);
  });
});

it('bounds a range', () => {
  expect(() => callBuiltin(rangeBuiltins, 'numbers.range', '0, 10000000')).toThrow(
    'numbers.range: more than 10000000 numbers',
  );
});

describe('numbers.range_step', () => {
  it.each([
    ['numbers.range_step', '1, 10, 3', '[1,4,7,10]'],
    ['numbers.range_step', '10, 1, 3', '[10,7,4,1]'],
    [
      'numbers.range_step',
      '9007199254740990, 9007199254740996, 2',
      '[9007199254740990,9007199254740992,9007199254740994,9007199254740996]',
    ],
    ['numbers.range_step', '1, 5, 18446744073709551616', '[1]'],
  ])('%s(%s)', (name, args, want) => {
    expect(callBuiltin(rangeBuiltins, name, args)).toBe(want);
  });

  it.each([
    ['numbers.range_step', '1, 2, 0', 'numbers.range_step: step must be a positive integer'],
    [
      'numbers.range_step',
      '123456789012345678.9, 1, 1',
      'operand 1 must be integer number but got floating-point number',
    ],
    ['numbers.range_step', '1, 2, 0.5', 'operand 3 must be integer number but got floating-point number'],
  ])('%s(%s) is an error', (name, args, message) => {
    expect(() => callBuiltin(rangeBuiltins, name, args)).toThrow(message);
  });
});
