import type { RegoNumber, RegoValue } from '../value.ts';
import { regoTypeOf } from '../value.ts';
import type { BuiltinTable } from './builtin.ts';
import { goIntegerOf } from './go-integer.ts';
import { arrayOperand, OperandError, operandTypeError } from './operands.ts';

export const arrayBuiltins: BuiltinTable = {
  'array.concat': (first, second) => [...arrayOperand(first, 1), ...arrayOperand(second, 2)],
  'array.flatten': (array) => arrayOperand(array, 1).flat(),
  'array.reverse': (array) => arrayOperand(array, 1).toReversed(),
  'array.slice': slice,
};

/** Indices out of range stand for the nearest end. */
function slice(array: RegoValue, start: RegoValue, stop: RegoValue): RegoValue {
  const items = arrayOperand(array, 1);
  const [from, to] = [int64Operand(start, 2), int64Operand(stop, 3)].map((index) => {
    if (index < 0n) return 0;
    return index > items.length ? items.length : Number(index);
  });
  return items.slice(from, to);
}

function int64Operand(value: RegoValue, position: number): bigint {
  if (regoTypeOf(value) !== 'number') throw operandTypeError(value, position, 'number');
  const integer = goIntegerOf(value as RegoNumber);
  if (integer !== undefined) return integer;
  throw new OperandError(position, 'must be integer number but got floating-point number');
}
