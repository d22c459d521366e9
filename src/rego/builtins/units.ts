import { Decimal, parseNumber, type RegoNumber } from '../value.ts';
import type { BuiltinTable } from './builtin.ts';
import { stringOperand } from './operands.ts';

/** A rational number. */
interface Ratio {
  numerator: bigint;
  denominator: bigint;
}

const MAX_EXPONENT_DIGITS = 6;
/** Digits after the point of a result that is not whole. */
const FRACTION_DIGITS = 10n;
/** The precision of Go's big.Float from text, which units.parse_bytes counts with. */
const FLOAT_BITS = 64n;
const PREFIXES = 'kmgtpe';
/** The double nearest to 0.001, which OPA takes for milli. */
const MILLI: Ratio = { numerator: 1152921504606847n, denominator: 1152921504606846976n };

export const unitBuiltins: BuiltinTable = {
  'units.parse': (text) => parseUnits(stringOperand(text, 1).replaceAll('"', '')),
  'units.parse_bytes': (text) => parseBytes(stringOperand(text, 1).toLowerCase().replaceAll('"', '')),
};

/** `10K`, `1.5Mi`, `100m`: SI and binary prefixes, where only `m` and `M` differ by case. */
function parseUnits(text: string): RegoNumber {
  const fail = (message: string) => new Error(`units.parse: ${message}`);
  if (text.includes(' ')) throw fail('spaces not allowed in resource strings');
  const [amount, written] = split(text) ?? raise(fail('exponent too large'));
  if (amount === '') throw fail('no amount provided');
  const unit = written.slice(0, 1) + written.slice(1).toLowerCase();
  const factor = unit === 'm' ? MILLI : factorOf(unit, unit === 'M' || unit.length === 2 || !/[mM]/.test(unit));
  if (factor === undefined) throw fail(`unit ${unit} not recognized`);
  const number = parseRatio(amount) ?? raise(fail('could not parse amount to a number'));
  return toNumber({
    numerator: number.numerator * factor.numerator,
    denominator: number.denominator * factor.denominator,
  });
}

/** `10KB`, `1.5MiB`, `3g`: bytes, cut to a whole number. */
function parseBytes(text: string): RegoNumber {
  const fail = (message: string) => new Error(`units.parse_bytes: ${message}`);
  if (text.includes(' ')) throw fail('spaces not allowed in resource strings');
  const [amount, unit] = split(text) ?? raise(fail('exponent too large'));
  if (amount === '') throw fail('no byte amount provided');
  const factor = factorOf(unit.replace(/^([kmgtpe]i?)b$/, '$1'), true);
  if (factor === undefined) throw fail(`byte unit ${unit} not recognized`);
  const number = rounded(parseRatio(amount) ?? raise(fail('could not parse byte amount to a number')));
  const bytes = rounded({ numerator: number.numerator * factor.numerator, denominator: number.denominator });
  return parseNumber(String(bytes.numerator / bytes.denominator));
}

function raise(error: Error): never {
  throw error;
}

/** The amount and the unit behind it; undefined for an exponent that has too many digits. */
function split(text: string): [amount: string, unit: string] | undefined {
  const [amount = ''] = /^(?:[\d.+-]|[eE](?=[\d+-])[+-]?)*/.exec(text) ?? [];
  const isTooLarge = [...amount.matchAll(/[eE][+-]?(\d*)/g)].some(
    ([, digits = '']) => digits.length > MAX_EXPONENT_DIGITS,
  );
  return isTooLarge ? undefined : [amount, text.slice(amount.length)];
}

/** 1, a power of 1000 or, for `Ki` and so on, of 1024. */
function factorOf(unit: string, isKnown: boolean): Ratio | undefined {
  if (unit === '') return { numerator: 1n, denominator: 1n };
  const [, prefix = '', binary] = /^([kmgtpe])(i?)$/i.exec(unit) ?? [];
  const power = PREFIXES.indexOf(prefix.toLowerCase()) + 1;
  if (prefix === '' || !isKnown) return undefined;
  return { numerator: (binary ? 1024n : 1000n) ** BigInt(power), denominator: 1n };
}

function parseRatio(text: string): Ratio | undefined {
  const match = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/.exec(text);
  const [, sign, whole = '', fraction = '', exponent = '0'] = match ?? [];
  if (match === null || whole + fraction === '') return undefined;
  const digits = BigInt(whole + fraction) * (sign === '-' ? -1n : 1n);
  const power = Number(exponent) - fraction.length;
  const scale = 10n ** BigInt(Math.abs(power));
  return power < 0 ? { numerator: digits, denominator: scale } : { numerator: digits * scale, denominator: 1n };
}

/** The nearest number of FLOAT_BITS significant bits, ties to even. */
function rounded({ numerator, denominator }: Ratio): Ratio {
  const magnitude = numerator < 0n ? -numerator : numerator;
  if (magnitude === 0n) return { numerator, denominator };
  const bitsOf = (value: bigint) => BigInt(value.toString(2).length);
  let shift = FLOAT_BITS - (bitsOf(magnitude) - bitsOf(denominator));
  if (scaledBy(magnitude, denominator, shift)[0] >= 1n << FLOAT_BITS) shift--;
  const [quotient, remainder, divisor] = scaledBy(magnitude, denominator, shift);
  const isUp = remainder * 2n > divisor || (remainder * 2n === divisor && quotient % 2n === 1n);
  const significand = (isUp ? quotient + 1n : quotient) * (numerator < 0n ? -1n : 1n);
  return shift > 0n
    ? { numerator: significand, denominator: 1n << shift }
    : { numerator: significand << -shift, denominator: 1n };
}

function scaledBy(numerator: bigint, denominator: bigint, shift: bigint): [quotient: bigint, rest: bigint, by: bigint] {
  const dividend = shift > 0n ? numerator << shift : numerator;
  const divisor = shift < 0n ? denominator << -shift : denominator;
  return [dividend / divisor, dividend % divisor, divisor];
}

/** Whole numbers exactly, others with ten digits after the point, half away from zero, as Go's Rat.FloatString. */
function toNumber({ numerator, denominator }: Ratio): RegoNumber {
  if (numerator % denominator === 0n) return parseNumber(String(numerator / denominator));
  const magnitude = numerator < 0n ? -numerator : numerator;
  const scale = 10n ** FRACTION_DIGITS;
  const scaled = (magnitude * scale * 2n + denominator) / (denominator * 2n);
  const fraction = String(scaled % scale).padStart(Number(FRACTION_DIGITS), '0');
  return new Decimal(`${numerator < 0n ? '-' : ''}${scaled / scale}.${fraction}`);
}
