import { describe, expect, it } from 'vitest';
import { callBuiltin } from '../../../test/policy/builtin-call.ts';
import { arrayBuiltins } from './arrays.ts';

// What opa 1.22.4 answers.
describe('arrayBuiltins', () => {
  it.each([
    ['array.concat', '[1, {2}], ["a"]', '[1,[2],"a"]'],
    ['array.concat', '[], []', '[]'],
    ['array.flatten', '[1, [2, [3]], {4}, []]', '[1,2,[3],[4]]'],
    ['array.reverse', '[1, 1.0, "a"]', '["a",1.0,1]'],
    ['array.slice', '[0, 1, 2, 3], 1, 3', '[1,2]'],
    ['array.slice', '[0, 1, 2, 3], -9223372036854775808, 9223372036854775807', '[0,1,2,3]'],
    ['array.slice', '[0, 1, 2, 3], 3, 1', '[]'],
    ['array.slice', '[0, 1, 2, 3], 1.0, 3.00', '[1,2]'],
  ])('%s(%s)', (name, args, want) => {
    expect(callBuiltin(arrayBuiltins, name, args)).toBe(want);
  });

  it.each([
    ['array.concat', '[1], {2}', 'operand 2 must be array but got set'],
    ['array.concat', '"a", [2]', 'operand 1 must be array but got string'],
    ['array.flatten', '{1}', 'operand 1 must be array but got set'],
    ['array.reverse', 'null', 'operand 1 must be array but got null'],
    ['array.slice', '[0], 0, 1e0', 'operand 3 must be integer number but got floating-point number'],
    ['array.slice', '[0], 0, 9223372036854775808', 'operand 3 must be integer number but got floating-point number'],
    ['array.slice', '[0], 0.5, 1', 'operand 2 must be integer number but got floating-point number'],
    ['array.slice', '[0], "0", 1', 'operand 2 must be number but got string'],
    ['array.slice', '{0}, 0, 1', 'operand 1 must be array but got set'],
  ])('%s(%s) is an error', (name, args, message) => {
    expect(() => callBuiltin(arrayBuiltins, name, args)).toThrow(expect.objectContaining({ message }));
  });
});
