import { integerOfDecimal } from '../decimal-text.ts';
import {
  Decimal,
  numberText,
  numericValue,
  type RegoNumber,
  type RegoObject,
  type RegoType,
  type RegoValue,
  regoTypeOf,
  sortedMembers,
} from '../value.ts';

/** An argument of the wrong type or with the wrong content, which OPA codes as `eval_type_error`. The texts are OPA's. */
export class OperandError extends Error {
  override readonly name = 'OperandError';

  /** `position` counts from 1. */
  constructor(position: number, fault: string) {
    super(`operand ${position} ${fault}`);
  }
}

export function operandTypeError(value: RegoValue, position: number, ...expected: string[]): OperandError {
  const wanted = expected.length > 1 ? `one of {${expected.join(', ')}}` : expected[0];
  return new OperandError(position, `must be ${wanted} but got ${regoTypeOf(value)}`);
}

export function stringOperand(value: RegoValue, position: number): string {
  return operand<string>(value, position, 'string');
}

export function numberOperand(value: RegoValue, position: number): number | bigint {
  return numericValue(operand<RegoNumber>(value, position, 'number'));
}

/** A number with its text. */
export function exactNumberOperand(value: RegoValue, position: number): RegoNumber {
  return operand<RegoNumber>(value, position, 'number');
}

export function arrayOperand(value: RegoValue, position: number): RegoValue[] {
  return operand<RegoValue[]>(value, position, 'array');
}

export function objectOperand(value: RegoValue, position: number): RegoObject {
  return operand<RegoObject>(value, position, 'object');
}

/** A whole number of any size, however it is written. */
export function bigIntegerOperand(value: RegoValue, position: number): bigint {
  if (regoTypeOf(value) !== 'number') throw operandTypeError(value, position, 'integer');
  return wholeNumber(value as RegoNumber, position);
}

function wholeNumber(number: RegoNumber, position: number): bigint {
  const integer = integerOf(number);
  if (integer === undefined) {
    throw new OperandError(position, 'must be integer number but got floating-point number');
  }
  return integer;
}

/** Exact; undefined for a number with a fraction. Throws Error for one that is too large to count with. */
export function integerOf(number: RegoNumber): bigint | undefined {
  if (typeof number === 'bigint') return number;
  if (typeof number === 'number') return Number.isInteger(number) ? BigInt(number) : undefined;
  return integerOfDecimal(numberText(number));
}

/** The strings of an array or a set, in order. */
export function stringsOperand(value: RegoValue, position: number): string[] {
  if (!Array.isArray(value) && !(value instanceof Set)) throw operandTypeError(value, position, 'set', 'array');
  return Array.from(value, (member) => {
    if (typeof member === 'string') return member;
    const [collection, found] = [regoTypeOf(value), regoTypeOf(member)];
    throw new OperandError(position, `must be ${collection} of strings but got ${collection} containing ${found}`);
  });
}

/** The members of an array, or of a set in Rego's order. */
export function membersOperand(value: RegoValue, position: number, ...expected: ['set', 'array'] | ['array', 'set']) {
  if (Array.isArray(value)) return value;
  if (value instanceof Set) return sortedMembers(value);
  throw operandTypeError(value, position, ...expected);
}

function operand<T extends RegoValue>(value: RegoValue, position: number, type: RegoType): T {
  if (regoTypeOf(value) !== type) throw operandTypeError(value, position, type);
  return value as T;
}

/** The text of Go's int64 among numbers: a fraction of zeros is none, and OPA reads no more than these characters. */
const INT64_TEXT = /^(-?(?=[\d.]{1,19}$)\d+)(?:\.0*)?$/;

/** An int64 as OPA's IntOperand reads it, by the number's text: `1.0` is one, `1e2` is none. */
export function int64Operand(value: RegoValue, position: number): bigint {
  const number = operand<RegoNumber>(value, position, 'number');
  const text = number instanceof Decimal ? number.text : String(number);
  const [, integer] = INT64_TEXT.exec(text) ?? [];
  if (integer !== undefined && BigInt.asIntN(64, BigInt(integer)) === BigInt(integer)) return BigInt(integer);
  throw new OperandError(position, 'must be integer number but got floating-point number');
}
