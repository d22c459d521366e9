import {
  compareRego,
  isRegoObject,
  numberText,
  type RegoNumber,
  type RegoValue,
  regoEntries,
  regoTypeOf,
  sortedMembers,
} from '../value.ts';
import { type BigFloat, DOUBLE_PRECISION, parseFloat64Bits, product, sum } from './big-float.ts';
import type { BuiltinTable } from './builtin.ts';
import { floatNumber, integerNumber } from './integer-bound.ts';
import { integerOf, membersOperand, OperandError, operandTypeError } from './operands.ts';

export const aggregateBuiltins: BuiltinTable = {
  count,
  sum: (collection) => total(collection, 0n, (x, y) => x + y, ZERO, sum),
  product: (collection) =>
    total(
      collection,
      1n,
      (x, y) => x * y,
      ONE,
      (x, y) => product(x, y, DOUBLE_PRECISION),
    ),
  // Of equal members the last one stays, which matters where they are written differently: `1` and `1.0`.
  max: (collection) => extreme(collection, (order) => order >= 0),
  min: (collection) => extreme(collection, (order) => order <= 0),
  sort: (collection) => [...membersOperand(collection, 1, 'set', 'array')].sort(compareRego),
};

const ZERO: BigFloat = { negative: false, mantissa: 0n, exponent: 0, precision: 64 };
/** OPA starts the product from a float64, and so all of it has no more bits. */
const ONE: BigFloat = { negative: false, mantissa: 1n, exponent: 0, precision: DOUBLE_PRECISION };

function count(value: RegoValue): number {
  if (typeof value === 'string') return codePoints(value);
  if (Array.isArray(value)) return value.length;
  if (value instanceof Set) return sortedMembers(value).length;
  if (isRegoObject(value)) return regoEntries(value).length;
  throw operandTypeError(value, 1, 'array', 'object', 'set', 'string');
}

function codePoints(text: string): number {
  let points = 0;
  for (const _ of text) points++;
  return points;
}

/** Exact over integers alone; in floats, in the order of the members, as soon as there is one fraction. */
function total(
  collection: RegoValue,
  start: bigint,
  exact: (x: bigint, y: bigint) => bigint,
  floatStart: BigFloat,
  float: (x: BigFloat, y: BigFloat) => BigFloat,
): RegoNumber {
  const members = membersOperand(collection, 1, 'set', 'array');
  const numbers = members.map((member) => numberMember(member, regoTypeOf(collection)));
  let result = start;
  for (const number of numbers) {
    const integer = integerOf(number);
    if (integer === undefined) {
      return floatNumber(numbers.reduce((sofar, each) => float(sofar, parseFloat64Bits(numberText(each))), floatStart));
    }
    result = BigInt(integerNumber(exact(result, integer)) as number | bigint);
  }
  return integerNumber(result);
}

function numberMember(member: RegoValue, collection: string): RegoNumber {
  if (regoTypeOf(member) === 'number') return member as RegoNumber;
  const found = `${collection} containing ${regoTypeOf(member)}`;
  throw new OperandError(1, `must be ${collection} of numbers but got ${found}`);
}

/** Undefined for an empty collection. */
function extreme(collection: RegoValue, replaces: (order: number) => boolean): RegoValue | undefined {
  const [first, ...rest] = membersOperand(collection, 1, 'set', 'array');
  return rest.reduce((best: RegoValue | undefined, member) => {
    return best === undefined || replaces(compareRego(member, best)) ? member : best;
  }, first);
}
