import { describe, expect, it } from 'vitest';
import { callBuiltin } from '../../../test/policy/builtin-call.ts';
import { arithmeticBuiltins } from './arithmetic.ts';

// What opa 1.22.4 answers.
describe('arithmeticBuiltins', () => {
  it.each([
    ['plus', '1, 2', '3'],
    ['plus', '2147483647, 1', '2147483648'],
    ['plus', '9007199254740993, 9007199254740993', '18014398509481986'],
    ['plus', '18446744073709551616, 1', '18446744073709551617'],
    ['plus', '1e30, 1', '1000000000000000000000000000001'],
    ['plus', '0.1, 0.2', '0.3'],
    ['plus', '1.0, 1', '2'],
    ['plus', '1234567.5, 1', '1.2345685e+06'],
    ['plus', '0.1, 12345678901234567890', '12345678901234567890'],
    ['plus', '-0.0, -0.0', '0'],
    ['plus', '1.5, -1.5', '0'],
    ['minus', '1, 2', '-1'],
    ['minus', '9007199254740993, 0.5', '9.0071992547409925e+15'],
    ['minus', '{1, 2, "a"}, {2.0, 3}', '[1,"a"]'],
    ['minus', '{1}, {1}', '[]'],
    ['mul', '3037000500, 3037000500', '9223372037000250000'],
    ['mul', '0.1, 3', '0.3'],
    ['mul', '0, -5', '0'],
    ['mul', '1e30, 1e30', '1000000000000000000000000000000000000000000000000000000000000'],
    ['mul', '1e-7, 0.1', '1e-08'],
    ['div', '10, 2', '5'],
    ['div', '1, 3', '0.33333333333333333334'],
    ['div', '0, -5', '-0'],
    ['div', '-7, 2', '-3.5'],
    ['div', '18446744073709551616, 2', '9223372036854775808'],
    ['div', '18446744073709551617, 3', '6.1489146912365172055e+18'],
    [
      'div',
      '1e400, 3',
      '3333333333333333333400000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000',
    ],
    ['div', '2, 3e-30', '666666666666666666700000000000'],
    ['rem', '7, 3', '1'],
    ['rem', '-7, 3', '-1'],
    ['rem', '-4, 2', '0'],
    ['rem', '10, 18446744073709551616', '10'],
    ['rem', '123456789012345678901234567890, 7.0', '0'],
    ['abs', '-5', '5'],
    ['abs', '-0.50', '0.5'],
    ['abs', '-123456789012345678901234', '123456789012345678900000'],
    ['abs', '-2147483648', '2147483648'],
    ['round', '2.5', '3'],
    ['round', '-2.5', '-3'],
    ['round', '-0.3', '0'],
    ['round', '1e30', '1000000000000000000024696061952'],
    ['round', '0.49999999999999999999', '1'],
    ['ceil', '1.1', '2'],
    ['ceil', '-0.5', '1'],
    ['ceil', '-1.5', '-1'],
    ['floor', '1.9', '1'],
    ['floor', '-0.5', '0'],
    ['floor', '-1.5', '-2'],
    ['floor', '12345678901234567890123.5', '12345678901234567889920'],
  ])('%s(%s)', (name, args, want) => {
    expect(callBuiltin(arithmeticBuiltins, name, args)).toBe(want);
  });

  it.each([
    ['div', '1, 0', 'divide by zero'],
    ['div', '1, 0.0', 'divide by zero'],
    ['div', '1, -0e5', 'divide by zero'],
    ['rem', '1, 0', 'modulo by zero'],
    ['rem', '1, 0.0', 'modulo by zero'],
    ['rem', '1.5, 1', 'modulo on floating-point number'],
    ['plus', '"a", 1', 'operand 1 must be number but got string'],
    ['plus', '1, null', 'operand 2 must be number but got null'],
    ['minus', '"a", 1', 'operand 1 must be one of {number, set} but got string'],
    ['minus', '1, {1}', 'operand 2 must be number but got set'],
    ['minus', '{1}, 1', 'operand 2 must be set but got number'],
    ['minus', '{1}, [1]', 'operand 2 must be number but got array'],
    ['mul', '1, "2"', 'operand 2 must be number but got string'],
    ['div', '[], 1', 'operand 1 must be number but got array'],
    ['abs', '"x"', 'operand 1 must be number but got string'],
    ['round', '{}', 'operand 1 must be number but got object'],
  ])('%s(%s) is an error', (name, args, message) => {
    expect(() => callBuiltin(arithmeticBuiltins, name, args)).toThrow(message);
  });

  // OPA counts on until its time limit.
  it.each([
    ['mul', '1e60000, 1e60000'],
    ['plus', '1e999999999, 1'],
    ['div', '1, 1e-999999999'],
    ['round', '1e999999999'],
  ])('%s(%s) would fill the memory', (name, args) => {
    expect(() => callBuiltin(arithmeticBuiltins, name, args)).toThrow('number is too large');
  });
});
