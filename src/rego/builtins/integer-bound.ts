import { MAX_INTEGER_DIGITS } from '../decimal-text.ts';
import { parseNumber, type RegoNumber } from '../value.ts';
import { type BigFloat, bitLength } from './big-float.ts';
import { floatText } from './float-text.ts';

const BITS_PER_DIGIT = Math.log2(10);
/** The longest integer that a builtin returns: the next call would refuse a longer one. */
export const MAX_INTEGER_BITS = Math.floor(MAX_INTEGER_DIGITS * BITS_PER_DIGIT);

/** An integer as a number of Rego. Throws Error beyond MAX_INTEGER_DIGITS digits, where OPA ends by its time limit. */
export function integerNumber(integer: bigint): RegoNumber {
  if (integer <= BigInt(Number.MAX_SAFE_INTEGER) && integer >= BigInt(Number.MIN_SAFE_INTEGER)) return Number(integer);
  if (bitLength(integer < 0n ? -integer : integer) > MAX_INTEGER_BITS) throw new Error('number is too large');
  return integer;
}

/** A float as a number of Rego, with the text that OPA gives it. Throws Error beyond MAX_INTEGER_DIGITS digits. */
export function floatNumber(float: BigFloat): RegoNumber {
  const highestBit = bitLength(float.mantissa) + float.exponent;
  if (float.mantissa !== 0n && Math.abs(highestBit) > MAX_INTEGER_BITS) throw new Error('number is too large');
  return parseNumber(floatText(float));
}
