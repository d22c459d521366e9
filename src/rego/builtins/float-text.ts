import { type BigFloat, bitLength } from './big-float.ts';

/** 0.digits × 10^point. */
interface Digits {
  digits: string;
  point: number;
}

/** The first digits of a value; all of them, without zeros at the end, if they are exact. */
interface LeadingDigits extends Digits {
  isExact: boolean;
}

/** No float of 64 bits needs more than 21 digits. */
const LEADING_DIGITS = 24;
const SHORT_DIGITS = 16;
const MAX_SHORT_PRECISION = 64;
/** Less than half a unit of a float of 64 bits, in units of the 23rd digit. */
const MAX_DISTANCE = 250;
const DIGITS_PER_BIT = Math.log10(2);

/** From here on, and below 10^-4, Go writes a fraction with an exponent. */
const MAX_PLAIN_POINT = 6;
const MIN_PLAIN_POINT = -3;

/** A float as OPA prints it: with the fewest digits that identify it among those of its precision; whole numbers in full. */
export function floatText(float: BigFloat): string {
  const sign = float.negative ? '-' : '';
  if (float.mantissa === 0n) return `${sign}0`;
  const whole = wholeOf(float);
  // The digits of an integer identify it, unless it has more bits than the float.
  if (whole !== undefined && bitLength(whole) <= float.precision) return `${sign}${whole}`;
  const { digits, point } = shortest(float);
  if (whole !== undefined) return `${sign}${digits.padEnd(point, '0')}`;
  if (point < MIN_PLAIN_POINT || point > MAX_PLAIN_POINT) return `${sign}${withExponent(digits, point - 1)}`;
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`;
  return digits.length > point
    ? `${sign}${digits.slice(0, point)}.${digits.slice(point)}`
    : `${sign}${digits.padEnd(point, '0')}`;
}

/** The magnitude of a float without a fraction. */
function wholeOf({ mantissa, exponent }: BigFloat): bigint | undefined {
  if (exponent >= 0) return mantissa << BigInt(exponent);
  const places = BigInt(-exponent);
  const whole = mantissa >> places;
  return whole << places === mantissa ? whole : undefined;
}

function withExponent(digits: string, exponent: number): string {
  const fraction = digits.length > 1 ? `.${digits.slice(1)}` : '';
  const sign = exponent < 0 ? '-' : '+';
  return `${digits.charAt(0)}${fraction}e${sign}${String(Math.abs(exponent)).padStart(2, '0')}`;
}

/** Of mantissa × 2^exponent: at least `count` digits, or all. */
function leadingDigits(mantissa: bigint, exponent: number, count: number): LeadingDigits {
  const places = count - Math.floor((bitLength(mantissa) + exponent) * DIGITS_PER_BIT);
  const dividend = scaled(places > 0 ? mantissa * powerOfTen(places) : mantissa, exponent);
  const divisor = scaled(places < 0 ? powerOfTen(-places) : 1n, -exponent);
  const quotient = dividend / divisor;
  const text = quotient.toString();
  const point = text.length - places;
  const isExact = quotient * divisor === dividend;
  return isExact ? { ...trimmed(text, point), isExact } : { digits: text, point, isExact };
}

const POWERS_OF_TEN = Array.from({ length: 64 }, (_, power) => 10n ** BigInt(power));

function powerOfTen(power: number): bigint {
  return POWERS_OF_TEN[power] ?? 10n ** BigInt(power);
}

function scaled(value: bigint, exponent: number): bigint {
  return exponent > 0 ? value << BigInt(exponent) : value;
}

function trimmed(digits: string, point: number): Digits {
  let end = digits.length;
  while (digits[end - 1] === '0') end--;
  return { digits: digits.slice(0, end), point };
}

/** The fewest digits that identify the float. */
function shortest({ mantissa, exponent, precision }: BigFloat): Digits {
  const shift = precision + 1 - bitLength(mantissa);
  // Its lowest bit is half a unit in the last place.
  const halves = mantissa << BigInt(shift);
  const count = Math.max(LEADING_DIGITS, Math.ceil(precision * DIGITS_PER_BIT) + 3);
  const digitsOf = (value: bigint) => leadingDigits(value, exponent - shift, count);
  const all = digitsOf(halves);
  const short = precision === MAX_SHORT_PRECISION ? shortDigits(all) : undefined;
  return short ?? distinctDigits(all, digitsOf(halves - 1n), digitsOf(halves + 1n), (halves & 2n) === 0n);
}

/** Go's roundShortest: walks along the digits until they differ from those of the bounds, which `isInclusive` takes in. */
function distinctDigits(all: LeadingDigits, lower: LeadingDigits, upper: LeadingDigits, isInclusive: boolean): Digits {
  for (let index = 0; index < all.digits.length; index++) {
    const digit = digitAt(all.digits, index);
    const [below, above] = [digitAt(lower.digits, index), digitAt(upper.digits, index)];
    const downFits = below !== digit || (isInclusive && endsWith(lower, index));
    const upFits = digit !== above && (isInclusive || digit + 1 < above || !hasEnded(upper, index));
    if (downFits || upFits) {
      const isUp = downFits && upFits ? isNearerUp(all, index + 1) : upFits;
      return isUp ? cutUp(all, index + 1) : cut(all, index + 1);
    }
  }
  return all;
}

function endsWith({ digits, isExact }: LeadingDigits, index: number): boolean {
  return isExact && index + 1 === digits.length;
}

function hasEnded({ digits, isExact }: LeadingDigits, index: number): boolean {
  return isExact && index + 1 >= digits.length;
}

/**
 * Most fractions have few digits. A number of 16 digits is the only one of so few within half a unit of a float of 64 bits,
 * which is at least 2.7e-21 of it.
 */
function shortDigits(all: LeadingDigits): Digits | undefined {
  if (all.isExact && all.digits.length <= SHORT_DIGITS) return all;
  const rest = Number(all.digits.slice(SHORT_DIGITS));
  const unit = 10 ** (all.digits.length - SHORT_DIGITS);
  if (all.digits.length < LEADING_DIGITS - 1) return undefined;
  if (rest < MAX_DISTANCE) return cut(all, SHORT_DIGITS);
  return unit - rest < MAX_DISTANCE ? cutUp(all, SHORT_DIGITS) : undefined;
}

function digitAt(digits: string, index: number): number {
  return index < digits.length ? digits.charCodeAt(index) - 48 : 0;
}

function isNearerUp({ digits, isExact }: LeadingDigits, length: number): boolean {
  if (length >= digits.length) return false;
  const isTie = digits[length] === '5' && isExact && length + 1 === digits.length;
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
