import { canonicalRego, numberText, type RegoNumber, type RegoValue, regoTypeOf } from '../value.ts';
import {
  type BigFloat,
  difference,
  equalFloats,
  floatOfDouble,
  floatOfInteger,
  parseFloat64Bits,
  product,
  quotient,
  sum,
  truncated,
} from './big-float.ts';
import type { BuiltinTable } from './builtin.ts';
import { floatNumber, integerNumber } from './integer-bound.ts';
import { exactNumberOperand, integerOf, operandTypeError } from './operands.ts';

/** As v1/topdown/arithmetic.go counts: integers exactly, everything else in floats of 64 bits. */
export const arithmeticBuiltins: BuiltinTable = {
  plus: (x, y) => PLUS(exactNumberOperand(x, 1), exactNumberOperand(y, 2)),
  minus,
  mul: (x, y) => TIMES(exactNumberOperand(x, 1), exactNumberOperand(y, 2)),
  div: (x, y) => divide(exactNumberOperand(x, 1), exactNumberOperand(y, 2)),
  rem: (x, y) => remainder(exactNumberOperand(x, 1), exactNumberOperand(y, 2)),
  abs: unary((x) => ({ ...x, negative: false })),
  ceil: toWhole(ceiling),
  floor: toWhole(floor),
  round: toWhole(round),
};

type Operation = (x: RegoNumber, y: RegoNumber) => RegoNumber;

const PLUS = exactOr((x, y) => x + y, sum);
const MINUS = exactOr((x, y) => x - y, difference);
const TIMES = exactOr((x, y) => x * y, product);

function exactOr(exact: (x: bigint, y: bigint) => bigint, float: (x: BigFloat, y: BigFloat) => BigFloat): Operation {
  return (x, y) => {
    const [wholeX, wholeY] = [integerOf(x), integerOf(y)];
    if (wholeX !== undefined && wholeY !== undefined) return integerNumber(exact(wholeX, wholeY));
    return floatNumber(float(floatOf(x), floatOf(y)));
  };
}

function floatOf(number: RegoNumber): BigFloat {
  return parseFloat64Bits(numberText(number));
}

/** Of numbers, or of sets. */
function minus(x: RegoValue, y: RegoValue): RegoValue {
  const [typeX, typeY] = [regoTypeOf(x), regoTypeOf(y)];
  if (x instanceof Set && y instanceof Set) {
    const keys = new Set(Array.from(y, canonicalRego));
    return new Set([...x].filter((member) => !keys.has(canonicalRego(member))));
  }
  if (typeX === 'number' && typeY === 'number') return MINUS(x as RegoNumber, y as RegoNumber);
  if (typeX !== 'number' && typeX !== 'set') throw operandTypeError(x, 1, 'number', 'set');
  throw operandTypeError(y, 2, typeY === 'number' ? 'set' : 'number');
}

function divide(x: RegoNumber, y: RegoNumber): RegoNumber {
  // What most policies divide, exact in doubles, too; 0 / -1 is -0.
  if (isWhole(x) && isWhole(y) && x !== 0 && x % y === 0) return x / y;
  const divisor = floatOf(y);
  if (divisor.mantissa === 0n) throw new Error('divide by zero');
  return floatNumber(quotient(floatOf(x), divisor));
}

function isWhole(number: RegoNumber): number is number {
  return Number.isSafeInteger(number);
}

function remainder(x: RegoNumber, y: RegoNumber): RegoNumber {
  const [wholeX, wholeY] = [integerOf(x), integerOf(y)];
  if (wholeX === undefined || wholeY === undefined) throw new Error('modulo on floating-point number');
  if (wholeY === 0n) throw new Error('modulo by zero');
  return integerNumber(wholeX % wholeY);
}

function unary(operate: (x: BigFloat) => BigFloat): (x: RegoValue) => RegoNumber {
  return (x) => floatNumber(operate(floatOf(exactNumberOperand(x, 1))));
}

/** An integer stays what it is; as a float, one of more than 64 bits would be rounded. */
function toWhole(operate: (x: BigFloat) => BigFloat): (x: RegoValue) => RegoNumber {
  const float = unary(operate);
  return (x) => (typeof x === 'number' && Number.isInteger(x) ? x : float(x));
}

/** Half away from zero. */
function round(x: BigFloat): BigFloat {
  const half = floatOfDouble(0.5);
  return floatOfInteger(truncated(x.negative ? difference(x, half) : sum(x, half)));
}

/** OPA takes the sign from the whole part, so that the ceiling of -0.5 is 1 and its floor 0. */
function ceiling(x: BigFloat): BigFloat {
  const whole = floatOfInteger(truncated(x));
  return whole.negative || equalFloats(x, whole) ? whole : sum(whole, floatOfDouble(1));
}

function floor(x: BigFloat): BigFloat {
  const whole = floatOfInteger(truncated(x));
  return !whole.negative || equalFloats(x, whole) ? whole : difference(whole, floatOfDouble(1));
}
