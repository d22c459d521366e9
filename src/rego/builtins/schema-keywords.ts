import { isRegoObject, numericValue, type RegoNumber, type RegoObject, type RegoValue, regoTypeOf } from '../value.ts';
import { type ExactDecimal, exactDecimal } from './exact-decimal.ts';
import { compileRegex, type GoRegex } from './go-regex.ts';

const INT64_TEXT = /^-?\d{1,19}$/;

/** The keywords of one schema, by the types that they must have. */
export class KeywordReader {
  readonly #members: { readonly [key: string]: RegoValue };

  constructor(schema: RegoObject) {
    this.#members = schema as { [key: string]: RegoValue };
  }

  has(keyword: string): boolean {
    return Object.hasOwn(this.#members, keyword);
  }

  value(keyword: string): RegoValue {
    return this.has(keyword) ? (this.#members[keyword] as RegoValue) : null;
  }

  text(keyword: string): string | undefined {
    if (!this.has(keyword)) return undefined;
    const value = this.value(keyword);
    if (typeof value !== 'string') throw invalidType('string', keyword);
    return value;
  }

  list(keyword: string): RegoValue[] | undefined {
    if (!this.has(keyword)) return undefined;
    const value = this.value(keyword);
    if (!Array.isArray(value)) throw new Error(`${keyword} must be of an array`);
    return value;
  }

  object(keyword: string, error: () => Error): Map<string, RegoValue> | undefined {
    if (!this.has(keyword)) return undefined;
    const value = this.value(keyword);
    if (!isRegoObject(value)) throw error();
    return new Map(Object.entries(value));
  }

  schemaMap(keyword: string, expected: string): Map<string, RegoValue> | undefined {
    const schemas = this.object(keyword, () => invalidType(expected, keyword));
    for (const each of schemas?.values() ?? []) {
      if (typeof each !== 'boolean' && !isRegoObject(each)) throw invalidType(expected, keyword);
    }
    return schemas;
  }

  booleanOrSchema<T>(keyword: string, sub: (node: RegoValue) => T): boolean | T | undefined {
    if (!this.has(keyword)) return undefined;
    const value = this.value(keyword);
    if (typeof value === 'boolean') return value;
    if (!isRegoObject(value)) throw invalidType('boolean/Valid Schema', keyword);
    return sub(value);
  }

  /** Undefined for what is no number. */
  number(keyword: string): ExactDecimal | undefined {
    const value = this.value(keyword);
    return regoTypeOf(value) === 'number' ? exactDecimal(value as RegoNumber) : undefined;
  }

  /** A number of characters, items or members, which OPA wants written without a fraction. */
  size(keyword: string): number | undefined {
    if (!this.has(keyword)) return undefined;
    const value = this.value(keyword);
    const isInteger = typeof value === 'number' || typeof value === 'bigint';
    if (!isInteger || !INT64_TEXT.test(String(value))) throw new Error(`${keyword} must be of an integer`);
    const size = Number(numericValue(value));
    if (size < 0) throw new Error(`${keyword} must be greater than or equal to 0`);
    return size;
  }
}

/** Undefined for what is no pattern. */
export function tryCompile(pattern: string): GoRegex | undefined {
  try {
    return compileRegex(pattern);
  } catch {
    return undefined;
  }
}

export function invalidType(expected: string, given: string): Error {
  return new Error(`Invalid type. Expected: ${expected}, given: ${given}`);
}
