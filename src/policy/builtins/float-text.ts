import { type BigFloat, bitLength } from './big-float.ts';

/** 0.digits × 10^point, where digits do not end with 0. */
interface Digits {
  digits: string;
  point: number;
}

/** From here on, and below 10^-4, Go writes a fraction with an exponent. */
const MAX_PLAIN_POINT = 6;
const MIN_PLAIN_POINT = -3;

/** A float as OPA prints it: with the fewest digits that identify it among those of its precision; whole numbers in full. */
export function floatText(float: BigFloat): string {
  const sign = float.negative ? '-' : '';
  if (float.mantissa === 0n) return `${sign}0`;
  const { digits, point } = shortest(float);
  if (isWhole(float)) return `${sign}${digits.padEnd(point, '0')}`;
  if (point < MIN_PLAIN_POINT || point > MAX_PLAIN_POINT) return `${sign}${withExponent(digits, point - 1)}`;
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`;
  const whole = digits.slice(0, point).padEnd(point, '0');
  return digits.length > point ? `${sign}${whole}.${digits.slice(point)}` : `${sign}${whole}`;
}

function isWhole({ mantissa, exponent }: BigFloat): boolean {
  return exponent >= 0 || (mantissa >> BigInt(-exponent)) << BigInt(-exponent) === mantissa;
}

function withExponent(digits: string, exponent: number): string {
  const fraction = digits.length > 1 ? `.${digits.slice(1)}` : '';
  const sign = exponent < 0 ? '-' : '+';
  return `${digits.charAt(0)}${fraction}e${sign}${String(Math.abs(exponent)).padStart(2, '0')}`;
}

/** All digits of mantissa × 2^exponent. */
function exactDigits(mantissa: bigint, exponent: number): Digits {
  const text = (exponent < 0 ? mantissa * 5n ** BigInt(-exponent) : mantissa << BigInt(exponent)).toString();
  return trimmed(text, text.length + Math.min(exponent, 0));
}

function trimmed(digits: string, point: number): Digits {
  let end = digits.length;
  while (digits[end - 1] === '0') end--;
  return { digits: digits.slice(0, end), point };
}

/** Go's roundShortest: walks along the digits until they differ from those of the bounds half a unit below and above. */
function shortest({ mantissa, exponent, precision }: BigFloat): Digits {
  const shift = precision + 1 - bitLength(mantissa);
  // Its lowest bit is half a unit in the last place.
  const halves = mantissa << BigInt(shift);
  const all = exactDigits(halves, exponent - shift);
  const lower = exactDigits(halves - 1n, exponent - shift).digits;
  const upper = exactDigits(halves + 1n, exponent - shift).digits;
  const isInclusive = (halves & 2n) === 0n;
  for (let index = 0; index < all.digits.length; index++) {
    const digit = digitAt(all.digits, index);
    const [below, above] = [digitAt(lower, index), digitAt(upper, index)];
    const downFits = below !== digit || (isInclusive && index + 1 === lower.length);
    const upFits = digit !== above && (isInclusive || digit + 1 < above || index + 1 < upper.length);
    if (downFits && upFits) return isNearerUp(all.digits, index + 1) ? cutUp(all, index + 1) : cut(all, index + 1);
    if (downFits) return cut(all, index + 1);
    if (upFits) return cutUp(all, index + 1);
  }
  return all;
}

function digitAt(digits: string, index: number): number {
  return index < digits.length ? digits.charCodeAt(index) - 48 : 0;
}

function isNearerUp(digits: string, length: number): boolean {
  if (length >= digits.length) return false;
  const isTie = digits[length] === '5' && length + 1 === digits.length;
  return isTie ? digitAt(digits, length - 1) % 2 === 1 : digitAt(digits, length) >= 5;
}

function cut({ digits, point }: Digits, length: number): Digits {
  return trimmed(digits.slice(0, length), point);
}

function cutUp(all: Digits, length: number): Digits {
  if (length >= all.digits.length) return all;
  let end = length;
  while (end > 0 && all.digits[end - 1] === '9') end--;
  if (end === 0) return { digits: '1', point: all.point + 1 };
  return { digits: all.digits.slice(0, end - 1) + (digitAt(all.digits, end - 1) + 1), point: all.point };
}
