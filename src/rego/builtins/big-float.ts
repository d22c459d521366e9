import { writtenDecimal } from '../decimal-text.ts';

/**
 * A finite number as Go's math/big.Float holds it: (-1)^negative × mantissa × 2^exponent, rounded to `precision` bits, to
 * the nearest and to even between two. OPA counts with it wherever it does not count with integers, and zero has a sign.
 */
export interface BigFloat {
  negative: boolean;
  mantissa: bigint;
  exponent: number;
  /** In bits. */
  precision: number;
}

/** What Go gives a float that is read from text. */
const TEXT_PRECISION = 64;
/** What Go gives a float that was a float64. */
export const DOUBLE_PRECISION = 53;
/** The highest power of 5 below 2^64. */
const MAX_EXACT_POWER = 27;

/** Beyond this, a bigint may be no finite double. */
const MAX_DOUBLE = 1n << 1000n;
const double = new DataView(new ArrayBuffer(8));

export function bitLength(magnitude: bigint): number {
  if (magnitude === 0n) return 0;
  if (magnitude < MAX_DOUBLE) {
    double.setFloat64(0, Number(magnitude));
    const bits = (double.getUint16(0) >> 4) - 1022;
    // As a double it may have been rounded up to the next power of 2.
    return magnitude >> BigInt(bits - 1) === 0n ? bits - 1 : bits;
  }
  const digits = magnitude.toString(16);
  return digits.length * 4 - (Math.clz32(Number.parseInt(digits.charAt(0), 16)) - 28);
}

/** `inexact` tells that the value is a little larger than the mantissa says, as it is after a division. */
function rounded(value: BigFloat, inexact = false): BigFloat {
  const { mantissa, exponent, precision } = value;
  const excess = bitLength(mantissa) - precision;
  if (excess <= 0) return value;
  const kept = mantissa >> BigInt(excess);
  const rest = mantissa - (kept << BigInt(excess));
  const half = 1n << BigInt(excess - 1);
  const isUp = rest > half || (rest === half && (inexact || (kept & 1n) === 1n));
  return { ...value, mantissa: isUp ? kept + 1n : kept, exponent: exponent + excess };
}

/** An integer with all its bits, of which a float has at least 64. */
export function floatOfInteger(integer: bigint): BigFloat {
  const mantissa = integer < 0n ? -integer : integer;
  const precision = Math.max(bitLength(mantissa), TEXT_PRECISION);
  return { negative: integer < 0n, mantissa, exponent: 0, precision };
}

/** A double that is a whole number or a simple fraction, like 0.5. */
export function floatOfDouble(value: 0.5 | 1): BigFloat {
  return { negative: false, mantissa: BigInt(value * 2), exponent: -1, precision: DOUBLE_PRECISION };
}

/**
 * A number's text as Go reads it: not always the nearest float, because the power of ten is rounded beyond 10^55. Throws
 * Error for what is no number, or too large a one.
 */
export function parseFloat64Bits(text: string): BigFloat {
  const { negative, coefficient, exponent } = writtenDecimal(text);
  const written = { negative, mantissa: coefficient, exponent, precision: TEXT_PRECISION };
  if (coefficient === 0n) return { ...written, exponent: 0 };
  if (exponent === 0) return rounded(written);
  const power = powerOfFive(Math.abs(exponent), TEXT_PRECISION + 64);
  return exponent < 0 ? quotient(written, power, TEXT_PRECISION) : product(written, power, TEXT_PRECISION);
}

const POWERS_OF_FIVE = Array.from({ length: MAX_EXACT_POWER + 1 }, (_, power) => 5n ** BigInt(power));

function powerOfFive(power: number, precision: number): BigFloat {
  const mantissa = POWERS_OF_FIVE[Math.min(power, MAX_EXACT_POWER)] as bigint;
  let result: BigFloat = { negative: false, mantissa, exponent: 0, precision };
  let square: BigFloat = { ...result, mantissa: 5n, precision: precision + 64 };
  for (let rest = Math.max(power - MAX_EXACT_POWER, 0); rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) result = product(result, square, precision);
    square = product(square, square, square.precision);
  }
  return result;
}

function widest(x: BigFloat, y: BigFloat): number {
  return Math.max(x.precision, y.precision);
}

export function sum(x: BigFloat, y: BigFloat, precision = widest(x, y)): BigFloat {
  if (x.mantissa === 0n && y.mantissa === 0n) return { ...x, negative: x.negative && y.negative, precision };
  if (x.mantissa === 0n) return rounded({ ...y, precision });
  if (y.mantissa === 0n) return rounded({ ...x, precision });
  const exponent = Math.min(x.exponent, y.exponent);
  const total = signed(x, exponent) + signed(y, exponent);
  return rounded({ negative: total < 0n, mantissa: total < 0n ? -total : total, exponent, precision });
}

function signed({ negative, mantissa, exponent }: BigFloat, unit: number): bigint {
  const magnitude = mantissa << BigInt(exponent - unit);
  return negative ? -magnitude : magnitude;
}

export function difference(x: BigFloat, y: BigFloat, precision = widest(x, y)): BigFloat {
  return sum(x, { ...y, negative: !y.negative }, precision);
}

export function product(x: BigFloat, y: BigFloat, precision = widest(x, y)): BigFloat {
  return rounded({
    negative: x.negative !== y.negative,
    mantissa: x.mantissa * y.mantissa,
    exponent: x.exponent + y.exponent,
    precision,
  });
}

/** `y` must not be zero. */
export function quotient(x: BigFloat, y: BigFloat, precision = widest(x, y)): BigFloat {
  // Enough bits that the quotient has one more than it keeps, by which it is rounded.
  const shift = Math.max(precision + 2 + bitLength(y.mantissa) - bitLength(x.mantissa), 0);
  const dividend = x.mantissa << BigInt(shift);
  const mantissa = dividend / y.mantissa;
  const exponent = x.exponent - y.exponent - shift;
  const value = { negative: x.negative !== y.negative, mantissa, exponent, precision };
  return rounded(value, mantissa * y.mantissa !== dividend);
}

/** Towards zero. */
export function truncated({ negative, mantissa, exponent }: BigFloat): bigint {
  const magnitude = exponent < 0 ? mantissa >> BigInt(-exponent) : mantissa << BigInt(exponent);
  return negative ? -magnitude : magnitude;
}

export function equalFloats(x: BigFloat, y: BigFloat): boolean {
  return difference(x, y).mantissa === 0n;
}
