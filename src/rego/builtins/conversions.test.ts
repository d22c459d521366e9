import { describe, expect, it } from 'vitest';
import { callBuiltin } from '../../../test/policy/builtin-call.ts';
import { conversionBuiltins } from './conversions.ts';

// What opa 1.22.4 answers.
describe('conversionBuiltins', () => {
  it.each([
    ['to_number', 'null', '0'],
    ['to_number', 'true', '1'],
    ['to_number', 'false', '0'],
    ['to_number', '1.0', '1.0'],
    ['to_number', '"12"', '12'],
    ['to_number', '"-1.50"', '-1.50'],
    ['to_number', '"1E5"', '1E5'],
    ['to_number', '"9007199254740993"', '9007199254740993'],
    ['to_number', '"-0"', '-0'],
    ['to_number', '"1e-400"', '1e-400'],
    ['format_int', '255, 16', '"ff"'],
    ['format_int', '-255, 2', '"-11111111"'],
    ['format_int', '18446744073709551617, 16', '"10000000000000001"'],
    ['format_int', '15.9, 16', '"f"'],
    ['format_int', '-15.9, 16', '"-f"'],
    ['format_int', '-0.5, 2', '"0"'],
    ['format_int', '1e30, 10', '"1000000000000000000024696061952"'],
    ['format_int', '12345678901234567890.5, 10', '"12345678901234567890"'],
    ['format_int', '64, 8', '"100"'],
  ])('%s(%s)', (name, args, want) => {
    expect(callBuiltin(conversionBuiltins, name, args)).toBe(want);
  });

  it.each([
    ['to_number', '""', 'strconv.ParseFloat: parsing "": invalid syntax'],
    ['to_number', '"-"', 'strconv.ParseFloat: parsing "-": invalid syntax'],
    ['to_number', '"1é"', 'strconv.ParseFloat: parsing "1é": invalid syntax'],
    ['to_number', '" 1"', 'strconv.ParseFloat: parsing " 1": invalid syntax'],
    ['to_number', '"1__0"', 'strconv.ParseFloat: parsing "1__0": invalid syntax'],
    ['to_number', '"+Inf"', 'operand 1 must be valid number string but got string'],
    ['to_number', '"NaN"', 'operand 1 must be valid number string but got string'],
    ['to_number', '"1e309"', 'strconv.ParseFloat: parsing "1e309": value out of range'],
    ['to_number', '"1e-40000"', 'invalid number: number too big'],
    ['to_number', '[1]', 'operand 1 must be one of {null, boolean, number, string} but got array'],
    ['format_int', '1, 3', 'operand 2 must be one of {2, 8, 10, 16}'],
    ['format_int', '1, 10.0', 'operand 2 must be one of {2, 8, 10, 16}'],
    ['format_int', '"1", 10', 'operand 1 must be number but got string'],
    ['format_int', '1, "10"', 'operand 2 must be number but got string'],
  ])('%s(%s) is an error', (name, args, message) => {
    expect(() => callBuiltin(conversionBuiltins, name, args)).toThrow(message);
  });

  // OPA keeps the text, which its own JSON encoder refuses: the values are those of `to_number(x) + 0`.
  it.each([
    ['"+5"', '5'],
    ['"007"', '7'],
    ['".5"', '0.5'],
    ['"-1."', '-1'],
    ['"1_000"', '1000'],
    ['"0x_1p4"', '16'],
    ['"-0X1.8p-1"', '-0.75'],
  ])('to_number(%s) is a number of JSON', (args, want) => {
    expect(callBuiltin(conversionBuiltins, 'to_number', args)).toBe(want);
  });

  it('refuses a hexadecimal number that would fill the memory', () => {
    expect(() => callBuiltin(conversionBuiltins, 'to_number', '"0x1p999999999"')).toThrow('value out of range');
    expect(() => callBuiltin(conversionBuiltins, 'to_number', '"0x1p-999999999"')).toThrow('number too big');
  });
});
