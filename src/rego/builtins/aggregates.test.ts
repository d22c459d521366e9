import { describe, expect, it } from 'vitest';
import { callBuiltin } from '../../../test/policy/builtin-call.ts';
import { aggregateBuiltins } from './aggregates.ts';

// What opa 1.22.4 answers.
describe('aggregateBuiltins', () => {
  it.each([
    ['count', '"héllo😀"', '6'],
    ['count', '[1, 1]', '2'],
    ['count', '{1, 2, 3}', '3'],
    ['count', '{"a": 1}', '1'],
    ['sum', '[]', '0'],
    ['sum', '[1, 2, 3]', '6'],
    ['sum', '[9223372036854775807, 1]', '9223372036854775808'],
    ['sum', '[0.1, 0.2, 0.3]', '0.6'],
    ['sum', '{0.3, 0.1, 18446744073709551617}', '18446744073709551616'],
    ['sum', '[1e30, 1]', '1000000000000000000000000000001'],
    ['product', '[]', '1'],
    ['product', '[3037000500, 3037000500, 2]', '18446744074000500000'],
    ['product', '[0.1, 3]', '0.30000000000000004'],
    ['product', '{1.1, 1.3}', '1.4300000000000002'],
    ['max', '[1, 1.0]', '1.0'],
    ['max', '[1.0, 1]', '1'],
    ['max', '[1, "a", null]', '"a"'],
    ['max', '{1, [2], {3}}', '[3]'],
    ['min', '[1, 1.0]', '1.0'],
    ['min', '[3, 2, 10]', '2'],
    ['min', '{"b", "a"}', '"a"'],
    ['sort', '[3, 1, 2]', '[1,2,3]'],
    ['sort', '{"b", 1, null, {"a": 1}, [1], {1}}', '[null,1,"b",[1],{"a":1},[1]]'],
    ['sort', '["～", "😀", "é", "z"]', '["z","é","～","😀"]'],
    ['sort', '[{"a": 2, "b": 1}, {"a": 1, "c": 1}]', '[{"a":1,"c":1},{"a":2,"b":1}]'],
  ])('%s(%s)', (name, args, want) => {
    expect(callBuiltin(aggregateBuiltins, name, args)).toBe(want);
  });

  it.each([
    ['count', '1', 'operand 1 must be one of {array, object, set, string} but got number'],
    ['sum', '[1, "a"]', 'operand 1 must be array of numbers but got array containing string'],
    ['sum', '{1, "a"}', 'operand 1 must be set of numbers but got set containing string'],
    ['sum', '"a"', 'operand 1 must be one of {set, array} but got string'],
    ['product', '[null]', 'operand 1 must be array of numbers but got array containing null'],
    ['max', '1', 'operand 1 must be one of {set, array} but got number'],
    ['min', '{"a": 1}', 'operand 1 must be one of {set, array} but got object'],
    ['sort', '"ba"', 'operand 1 must be one of {set, array} but got string'],
  ])('%s(%s) is an error', (name, args, message) => {
    expect(() => callBuiltin(aggregateBuiltins, name, args)).toThrow(message);
  });
});
