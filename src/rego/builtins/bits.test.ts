import { describe, expect, it } from 'vitest';
import { callBuiltin } from '../../../test/policy/builtin-call.ts';
import { bitBuiltins } from './bits.ts';

// What opa 1.22.4 answers.
describe('bitBuiltins', () => {
  it.each([
    ['bits.or', '12, 10', '14'],
    ['bits.or', '-12, 10', '-2'],
    ['bits.and', '12, -10', '4'],
    ['bits.xor', '-1, 18446744073709551616', '-18446744073709551617'],
    ['bits.negate', '0', '-1'],
    ['bits.negate', '-18446744073709551617', '18446744073709551616'],
    ['bits.lsh', '1, 70', '1180591620717411303424'],
    ['bits.lsh', '-3, 2', '-12'],
    ['bits.rsh', '-5, 1', '-3'],
    ['bits.rsh', '1e30, 64', '54210108624'],
    ['bits.rsh', '1, 18446744073709551616', '1'],
    ['bits.and', '7.0, 3', '3'],
  ])('%s(%s)', (name, args, want) => {
    expect(callBuiltin(bitBuiltins, name, args)).toBe(want);
  });

  it.each([
    ['bits.or', '1.5, 1', 'operand 1 must be integer number but got floating-point number'],
    ['bits.and', '1, "a"', 'operand 2 must be integer but got string'],
    ['bits.negate', 'null', 'operand 1 must be integer but got null'],
    ['bits.lsh', '1, -1', 'operand 2 must be an unsigned integer number but got a negative integer'],
    ['bits.rsh', '1, 0.5', 'operand 2 must be integer number but got floating-point number'],
  ])('%s(%s) is an error', (name, args, message) => {
    expect(() => callBuiltin(bitBuiltins, name, args)).toThrow(message);
  });

  it('refuses a shift that would fill the memory', () => {
    expect(() => callBuiltin(bitBuiltins, 'bits.lsh', '1, 9007199254740993')).toThrow('number is too large');
    expect(callBuiltin(bitBuiltins, 'bits.lsh', '0, 9007199254740993')).toBe('0');
  });
});
