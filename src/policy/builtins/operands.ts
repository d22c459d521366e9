import {
  Decimal,
  numericValue,
  type RegoNumber,
  type RegoObject,
  type RegoType,
  type RegoValue,
  regoTypeOf,
} from '../rego-value.ts';

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

/** A whole number of any size. */
export function integerOperand(value: RegoValue, position: number): bigint {
  const number = numberOperand(value, position);
  if (typeof number === 'number' && !Number.isInteger(number)) {
    throw new OperandError(position, 'must be integer number but got floating-point number');
  }
  return BigInt(number);
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
