import { Decimal, type RegoNumber } from '../value.ts';

/** The number `digits` · 10^`exponent`. */
export interface ExactDecimal {
  digits: bigint;
  exponent: number;
}

/** Larger ones would make integers of megabytes; Go's big.Rat gives up at a million. */
const MAX_EXPONENT = 100_000;

/** Exactly what a number is worth. Throws Error for one with an exponent that nobody can compute with. */
export function exactDecimal(number: RegoNumber): ExactDecimal {
  const text = number instanceof Decimal ? number.text : String(number);
  const [, sign = '', whole = '', fraction = '', exponent = '0'] =
    /^([-+]?)(\d*)(?:\.(\d*))?(?:[eE]([-+]?\d+))?$/.exec(text) ?? [];
  const shift = Number(exponent) - fraction.length;
  if (Math.abs(shift) > MAX_EXPONENT) throw new Error('number is too large');
  const magnitude = BigInt(whole + fraction);
  return { digits: sign === '-' ? -magnitude : magnitude, exponent: shift };
}

/** Negative, zero or positive. */
export function compareExact(a: ExactDecimal, b: ExactDecimal): number {
  const [x, y] = aligned(a, b);
  return x < y ? -1 : Number(x > y);
}

export function isMultipleOf(number: ExactDecimal, divisor: ExactDecimal): boolean {
  const [dividend, by] = aligned(number, divisor);
  return dividend % by === 0n;
}

export function isWhole({ digits, exponent }: ExactDecimal): boolean {
  return exponent >= 0 || digits % 10n ** BigInt(-exponent) === 0n;
}

/** The integer that a whole number is. */
export function wholeOf({ digits, exponent }: ExactDecimal): bigint {
  const scale = 10n ** BigInt(Math.abs(exponent));
  return exponent < 0 ? digits / scale : digits * scale;
}

/** As Go prints a big.Float with the verb `v`: the shortest digits, and an exponent below 1e-4 and from 1e6 on. */
export function formatShortest({ digits, exponent }: ExactDecimal): string {
  if (digits === 0n) return '0';
  const sign = digits < 0n ? '-' : '';
  const text = String(digits < 0n ? -digits : digits);
  const significant = text.replace(/0+$/, '');
  const power = text.length + exponent - 1;
  if (power < -4 || power >= 6) {
    const fraction = significant.slice(1);
    const mantissa = significant.slice(0, 1) + (fraction === '' ? '' : `.${fraction}`);
    return `${sign}${mantissa}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`;
  }
  if (power < 0) return `${sign}0.${'0'.repeat(-power - 1)}${significant}`;
  const padded = significant.padEnd(power + 1, '0');
  const fraction = padded.slice(power + 1);
  return sign + padded.slice(0, power + 1) + (fraction === '' ? '' : `.${fraction}`);
}

function aligned(a: ExactDecimal, b: ExactDecimal): [bigint, bigint] {
  const exponent = Math.min(a.exponent, b.exponent);
  return [a, b].map((each) => each.digits * 10n ** BigInt(each.exponent - exponent)) as [bigint, bigint];
}
