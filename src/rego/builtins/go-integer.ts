import { numberText, type RegoNumber } from '../value.ts';

/** An optional sign and at most 19 more characters: digits, then a point with nothing but zeros after it. */
const INTEGER = /^([-+]?)(?=.{1,19}$)(\d*)(?:\.0*)?$/;
const MAX_INT64 = 2n ** 63n - 1n;

/** The int64 of a text as OPA's util.Atoi64 reads it (`7`, `+07`, `7.0`, and `.` for 0), or undefined. */
export function parseGoInteger(text: string): bigint | undefined {
  const [, sign, digits] = INTEGER.exec(text) ?? [];
  if (digits === undefined) return undefined;
  const magnitude = BigInt(digits);
  if (sign === '-') return magnitude <= MAX_INT64 + 1n ? -magnitude : undefined;
  return magnitude <= MAX_INT64 ? magnitude : undefined;
}

/** The int64 of a number by its text: `1.0` is one, `1e0` is none. */
export function goIntegerOf(number: RegoNumber): bigint | undefined {
  if (typeof number === 'number' && Number.isSafeInteger(number)) return BigInt(number);
  return parseGoInteger(numberText(number));
}
