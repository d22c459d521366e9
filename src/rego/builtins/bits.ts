import type { RegoNumber } from '../value.ts';
import { bitLength } from './big-float.ts';
import type { Builtin, BuiltinTable } from './builtin.ts';
import { integerNumber, MAX_INTEGER_BITS } from './integer-bound.ts';
import { bigIntegerOperand, OperandError } from './operands.ts';

/** On two's complement of any length. */
export const bitBuiltins: BuiltinTable = {
  'bits.or': binary((x, y) => x | y),
  'bits.and': binary((x, y) => x & y),
  'bits.xor': binary((x, y) => x ^ y),
  'bits.negate': (x): RegoNumber => integerNumber(~bigIntegerOperand(x, 1)),
  'bits.lsh': binary((x, by) => shiftLeft(x, shiftOf(by))),
  'bits.rsh': binary((x, by) => x >> shiftOf(by)),
};

function binary(operate: (x: bigint, y: bigint) => bigint): Builtin {
  return (x, y) => integerNumber(operate(bigIntegerOperand(x, 1), bigIntegerOperand(y, 2)));
}

/** Go takes the lowest 64 bits. */
function shiftOf(by: bigint): bigint {
  if (by < 0n) throw new OperandError(2, 'must be an unsigned integer number but got a negative integer');
  return BigInt.asUintN(64, by);
}

function shiftLeft(x: bigint, by: bigint): bigint {
  if (x === 0n) return x;
  if (by + BigInt(bitLength(x < 0n ? -x : x)) > MAX_INTEGER_BITS) throw new Error('number is too large');
  return x << by;
}
