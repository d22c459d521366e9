import {
  Decimal,
  numericValue,
  type RegoNumber,
  type RegoObject,
  type RegoType,
  type RegoValue,
  regoTypeOf,
} from '../rego-value.ts';
import { exactDecimal, isWhole, wholeOf } from './exact-decimal.ts';

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

export function arrayOperand(value: RegoValue, position: number): RegoValue[] {
  return operand<RegoValue[]>(value, position, 'array');
}

export function objectOperand(value: RegoValue, position: number): RegoObject {
  return operand<RegoObject>(value, position, 'object');
}

const NOT_INTEGER = 'must be integer number but got floating-point number';

/** A whole number of 64 bits, as OPA's IntOperand takes it: `1.0` is one, `1e0` is none. */
export function integerOperand(value: RegoValue, position: number): bigint {
  const text = numberText(operand<RegoNumber>(value, position, 'number'));
  const [whole, integer = ''] = /^([-+]?\d+)(?:\.0*)?$/.exec(text) ?? [];
  const isShort = whole !== undefined && whole.replace(/^[-+]/, '').length <= MAX_INT64_LENGTH;
  const number = BigInt(isShort ? integer : 0);
  if (!isShort || number < -(2n ** 63n) || number >= 2n ** 63n) throw new OperandError(position, NOT_INTEGER);
  return number;
}

/** The text that OPA reads has at most as many digits, with its point. */
const MAX_INT64_LENGTH = 19;

/** A whole number of any size, however it is written. */
export function bigIntegerOperand(value: RegoValue, position: number): bigint {
  const number = exactDecimal(operand<RegoNumber>(value, position, 'number'));
  if (!isWhole(number)) throw new OperandError(position, NOT_INTEGER);
  return wholeOf(number);
}

function numberText(number: RegoNumber): string {
  return number instanceof Decimal ? number.text : String(number);
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

function operand<T extends RegoValue>(value: RegoValue, position: number, type: RegoType): T {
  if (regoTypeOf(value) !== type) throw operandTypeError(value, position, type);
  return value as T;
}
