import { compareDecimals, MAX_INTEGER_DIGITS } from '../decimal-text.ts';
import { Decimal, numberText, parseNumber, type RegoNumber, type RegoValue, regoTypeOf } from '../value.ts';
import { bitLength, parseFloat64Bits, truncated } from './big-float.ts';
import type { BuiltinTable } from './builtin.ts';
import { goQuote } from './go-quote.ts';
import { exactNumberOperand, integerOf, OperandError, operandTypeError } from './operands.ts';

export const conversionBuiltins: BuiltinTable = {
  to_number: toNumber,
  format_int: (number, base) => formatInteger(exactNumberOperand(number, 1), exactNumberOperand(base, 2)),
};

/** OPA refuses numbers with a greater binary exponent. */
const MAX_BINARY_EXPONENT = 100_000;

/** Go takes underscores between digits, and after `0x`. */
const DECIMAL = /^([-+]?)(\d(?:_?\d)*)?(?:\.(\d(?:_?\d)*)?)?(?:[eE]([-+]?\d(?:_?\d)*))?$/;
const HEXADECIMAL = /^([-+]?)0x_?([\da-f](?:_?[\da-f])*)?(?:\.([\da-f](?:_?[\da-f])*)?)?p([-+]?\d(?:_?\d)*)$/i;

const BASES: ReadonlyMap<string, number> = new Map([2, 8, 10, 16].map((base) => [String(base), base]));

function toNumber(value: RegoValue): RegoNumber {
  if (value === null) return 0;
  if (typeof value === 'boolean') return Number(value);
  if (typeof value === 'string') return readNumber(value);
  if (regoTypeOf(value) === 'number') return value as RegoNumber;
  throw operandTypeError(value, 1, 'null', 'boolean', 'number', 'string');
}

/**
 * Go's ParseFloat of 64 bits decides what is a number, and the text stays. OPA keeps even text that is no number of JSON
 * (`+1`, `007`, `.5`, `1_000`, `0x1p4`), and then fails to print it; here it becomes the number of JSON that is equal to it.
 */
function readNumber(text: string): RegoNumber {
  if (/^(?:inf|infinity|nan)$/i.test(text.replace(/^[-+]+/, ''))) {
    throw operandTypeError(text, 1, 'valid number string');
  }
  const number = decimalOf(text) ?? hexadecimalOf(text);
  if (number === undefined) throw parseError(text, 'invalid syntax');
  if (!Number.isFinite(Number(number))) throw parseError(text, 'value out of range');
  requireExponent(number);
  return parseNumber(number);
}

function parseError(text: string, fault: string): Error {
  return new Error(`strconv.ParseFloat: parsing ${goQuote(text)}: ${fault}`);
}

/** The text as JSON writes it. */
function decimalOf(text: string): string | undefined {
  const match = DECIMAL.exec(text);
  const [, sign, whole = '', fraction = '', exponent] = match ?? [];
  if (match === null || whole + fraction === '') return undefined;
  const digits = whole.replaceAll('_', '').replace(/^0+(?=\d)/, '') || '0';
  const shown = fraction === '' ? digits : `${digits}.${fraction.replaceAll('_', '')}`;
  const power = exponent === undefined ? '' : /[eE]/.exec(text)?.[0] + exponent.replaceAll('_', '');
  return (sign === '-' ? '-' : '') + shown + power;
}

/** The exact decimal text. */
function hexadecimalOf(text: string): string | undefined {
  const match = HEXADECIMAL.exec(text);
  const [, sign, whole = '', fraction = '', power = ''] = match ?? [];
  const digits = (whole + fraction).replaceAll('_', '');
  if (match === null || digits === '') return undefined;
  const mantissa = BigInt(`0x${digits}`);
  const exponent = Number(power.replaceAll('_', '')) - fraction.replaceAll('_', '').length * 4;
  if (mantissa === 0n) return sign === '-' ? '-0' : '0';
  if (bitLength(mantissa) + exponent > MAX_BINARY_EXPONENT) throw parseError(text, 'value out of range');
  if (exponent < -MAX_BINARY_EXPONENT) throw new Error('invalid number: number too big');
  return (sign === '-' ? '-' : '') + decimalText(mantissa, exponent);
}

/** mantissa × 2^exponent. */
function decimalText(mantissa: bigint, exponent: number): string {
  if (exponent >= 0) return String(mantissa << BigInt(exponent));
  const places = -exponent;
  const digits = String(mantissa * 5n ** BigInt(places)).padStart(places + 1, '0');
  const fraction = digits.slice(-places).replace(/0+$/, '');
  const whole = digits.slice(0, -places);
  return fraction === '' ? whole : `${whole}.${fraction}`;
}

function requireExponent(text: string): void {
  if (!/[eE]/.test(text)) return;
  const exponent = Number(/-?\d+$/.exec(text)?.[0]);
  if (Math.abs(exponent) + text.length <= MAX_BINARY_EXPONENT / 4) return;
  if (compareDecimals(text, '0') === 0) return;
  const isReadable = Math.abs(exponent) + text.length <= MAX_INTEGER_DIGITS;
  const { mantissa, exponent: binary } = isReadable ? parseFloat64Bits(text) : { mantissa: 0n, exponent: Infinity };
  if (Math.abs(bitLength(mantissa) + binary) > MAX_BINARY_EXPONENT) throw new Error('invalid number: number too big');
}

/** Digits of the integer, or of the whole part of a fraction. */
function formatInteger(number: RegoNumber, base: RegoNumber): string {
  const radix = base instanceof Decimal ? undefined : BASES.get(numberText(base));
  if (radix === undefined) throw new OperandError(2, 'must be one of {2, 8, 10, 16}');
  const integer = /^-?\d+$/.test(numberText(number)) ? integerOf(number) : undefined;
  // Any other text, like `1e30`, is read as a float first, which rounds it.
  return (integer ?? truncated(parseFloat64Bits(numberText(number)))).toString(radix);
}
