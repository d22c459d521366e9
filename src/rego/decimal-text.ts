/*
 * Exact arithmetic on decimal texts of any size: `1e999999999` is compared without writing out its digits. The grammar is that
 * of JSON, and also accepts a plus sign, leading zeros, and a point without digits on one side (`+1`, `007`, `.5`).
 */

/** More digits than any policy needs. Without a limit, `1e999999999` would become a bigint of hundreds of megabytes. */
export const MAX_INTEGER_DIGITS = 100_000;

/** (-1)^negative × digits × 10^exponent. The digits neither start nor end with 0, and are empty for zero. */
interface Decimal {
  negative: boolean;
  digits: string;
  exponent: number;
}

/** (-1)^negative × coefficient × 10^exponent, as written: 1.50 is 150 × 10^-2. */
export interface WrittenDecimal {
  negative: boolean;
  coefficient: bigint;
  exponent: number;
}

/** Beyond this, canonical text has an exponent; below, every whole number is exact as a double. */
const MAX_PLAIN_DIGITS = 15;

/** Throws Error for a text that is not a number. */
function split(text: string): { negative: boolean; digits: string; exponent: number } {
  const match = /^([-+]?)(\d*)(?:\.(\d*))?(?:[eE]([-+]?\d+))?$/.exec(text);
  const [, sign, whole = '', fraction = '', exponent = '0'] = match ?? [];
  if (match === null || whole + fraction === '') throw new Error(`not a number: ${text.slice(0, 40)}`);
  return { negative: sign === '-', digits: whole + fraction, exponent: Number(exponent) - fraction.length };
}

/** The number with the digits and the exponent that it was written with. Throws Error beyond MAX_INTEGER_DIGITS. */
export function writtenDecimal(text: string): WrittenDecimal {
  const { negative, digits, exponent } = split(text);
  if (digits.length + Math.abs(exponent) > MAX_INTEGER_DIGITS) {
    // Zero is zero, whatever its exponent.
    if (/^0*$/.test(digits)) return { negative, coefficient: 0n, exponent: 0 };
    throw new Error('number is too large');
  }
  return { negative, coefficient: BigInt(digits), exponent };
}

function readDecimal(text: string): Decimal {
  const { negative, digits: written, exponent } = split(text);
  const significant = written.replace(/^0+/, '');
  if (significant === '') return { negative: false, digits: '', exponent: 0 };
  let end = significant.length;
  while (significant[end - 1] === '0') end--;
  return { negative, digits: significant.slice(0, end), exponent: exponent + significant.length - end };
}

/** Negative, zero or positive as the number of text `a` is less than, equal to or greater than that of `b`. */
export function compareDecimals(a: string, b: string): number {
  const [x, y] = [readDecimal(a), readDecimal(b)];
  const [signX, signY] = [signOf(x), signOf(y)];
  // Avoids -0, which is not 0 to Object.is.
  return (signX === signY ? signX * compareMagnitudes(x, y) : signX - signY) || 0;
}

function signOf({ negative, digits }: Decimal): number {
  if (digits === '') return 0;
  return negative ? -1 : 1;
}

function compareMagnitudes(x: Decimal, y: Decimal): number {
  const [highestX, highestY] = [x.digits.length + x.exponent, y.digits.length + y.exponent];
  if (highestX !== highestY) return highestX - highestY;
  // Both are 0.digits × 10^highest, so that they compare as their digits do.
  if (x.digits === y.digits) return 0;
  return x.digits < y.digits ? -1 : 1;
}

/** A text that is the same for equal numbers and for no others. */
export function canonicalDecimal(text: string): string {
  const { negative, digits, exponent } = readDecimal(text);
  const sign = negative ? '-' : '';
  if (digits === '') return '0';
  const isPlain = exponent >= 0 && digits.length + exponent <= MAX_PLAIN_DIGITS;
  return isPlain ? `${sign}${digits}${'0'.repeat(exponent)}` : `${sign}${digits}e${exponent}`;
}

/** The number as an integer; undefined if it has a fraction. Throws Error beyond MAX_INTEGER_DIGITS. */
export function integerOfDecimal(text: string): bigint | undefined {
  const { negative, digits, exponent } = readDecimal(text);
  if (exponent < 0) return undefined;
  if (digits.length + exponent > MAX_INTEGER_DIGITS) throw new Error('number is too large');
  const magnitude = BigInt(digits + '0'.repeat(exponent));
  return negative ? -magnitude : magnitude;
}
