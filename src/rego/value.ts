import { goQuote } from './builtins/go-quote.ts';
import { canonicalDecimal, compareDecimals, MAX_INTEGER_DIGITS } from './decimal-text.ts';

/**
 * A value of Rego, which has more than JSON: a set is a `Set`, an object with a key that is not a string is a `Map` (all other
 * objects are plain ones), an integer that a double cannot hold is a `bigint`, and a number that JavaScript would write
 * differently is a `Decimal`. Rego compares by value: two equal objects in a `Set` are two members to JavaScript, but one to
 * Rego.
 */
export type RegoValue = null | boolean | number | bigint | Decimal | string | RegoValue[] | RegoObject | Set<RegoValue>;
export type RegoObject = { [key: string]: RegoValue } | Map<RegoValue, RegoValue>;

/** A JSON value as JavaScript holds it: every number is a double. */
export type JsonValue = null | boolean | number | string | JsonValue[] | { [key: string]: JsonValue };

/** A number with its text, such as `1.0`, `1e2` or `3.14159265358979323846`. OPA keeps the text, and `sprintf` shows it. */
export class Decimal {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** OPA's names of the types, in the order in which Rego sorts values of different types. */
const TYPES = ['null', 'boolean', 'number', 'string', 'array', 'object', 'set'] as const;
export type RegoType = (typeof TYPES)[number];

/** The type of a value, as the builtin `type_name` gives it. */
export function regoTypeOf(value: RegoValue): RegoType {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (value instanceof Set) return 'set';
  if (typeof value === 'bigint' || value instanceof Decimal) return 'number';
  if (typeof value === 'object') return 'object';
  return typeof value as RegoType;
}

export function isRegoObject(value: RegoValue): value is RegoObject {
  return regoTypeOf(value) === 'object';
}

/** The members of an object, plain or a Map. */
export function regoEntries(object: RegoObject): [key: RegoValue, value: RegoValue][] {
  return object instanceof Map ? [...object] : Object.entries(object);
}

/** An object of these members: plain if every key is a string. Of members with the same key, the last one counts. */
export function regoObject(entries: readonly (readonly [RegoValue, RegoValue])[]): RegoObject {
  // fromEntries defines properties, so a key `__proto__` is a key like any other.
  if (entries.every(([key]) => typeof key === 'string')) return Object.fromEntries(entries);
  return new Map(entries);
}

/** Negative, zero or positive, as Rego sorts the values; zero if they are equal. */
export function compareRego(a: RegoValue, b: RegoValue): number {
  const [typeA, typeB] = [regoTypeOf(a), regoTypeOf(b)];
  if (typeA !== typeB) return TYPES.indexOf(typeA) - TYPES.indexOf(typeB);
  if (a === null || b === null) return 0;
  if (typeA === 'string') return compareCodePoints(a as string, b as string);
  if (typeA === 'array') return compareLists(a as RegoValue[], b as RegoValue[]);
  if (typeA === 'set') return compareLists(sortedMembers(a as Set<RegoValue>), sortedMembers(b as Set<RegoValue>));
  if (typeA === 'object') return compareLists(sortedPairs(a as RegoObject), sortedPairs(b as RegoObject));
  if (typeA === 'boolean') return Number(a) - Number(b);
  return compareNumbers(a as RegoNumber, b as RegoNumber);
}

/** Exact: the text of a fraction may have more digits than a double. */
function compareNumbers(a: RegoNumber, b: RegoNumber): number {
  if (a instanceof Decimal || b instanceof Decimal) return compareDecimals(numberText(a), numberText(b));
  return a < b ? -1 : Number(a > b);
}

export function equalRego(a: RegoValue, b: RegoValue): boolean {
  return compareRego(a, b) === 0;
}

/** The members of a set in Rego's order, without duplicates. */
export function sortedMembers(set: Iterable<RegoValue>): RegoValue[] {
  return [...set]
    .sort(compareRego)
    .filter((member, index, all) => index === 0 || !equalRego(member, all[index - 1] ?? null));
}

/** The members of an object in the order of their keys. */
export function sortedEntries(object: RegoObject): [key: RegoValue, value: RegoValue][] {
  return regoEntries(object).sort(([a], [b]) => compareRego(a, b));
}

/** Each key followed by its value, as OPA compares objects: `{"a": 1, "c": 1}` is less than `{"a": 2, "b": 1}`. */
function sortedPairs(object: RegoObject): RegoValue[] {
  return sortedEntries(object).flat(1) as RegoValue[];
}

function compareLists(a: readonly RegoValue[], b: readonly RegoValue[]): number {
  for (let index = 0; index < a.length && index < b.length; index++) {
    const order = compareRego(a[index] as RegoValue, b[index] as RegoValue);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

/** Go compares strings by UTF-8 bytes, that is by code point; JavaScript compares UTF-16 units, where U+1F600 < U+FF5E. */
function compareCodePoints(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index++) {
    const [x, y] = [a.charCodeAt(index), b.charCodeAt(index)];
    if (x !== y) return isSurrogate(x) === isSurrogate(y) ? x - y : Number(isSurrogate(x)) - Number(isSurrogate(y));
  }
  return a.length - b.length;
}

function isSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdfff;
}

/**
 * The JSON value that `opa eval` prints for a Rego value: sets as sorted arrays, keys that are not strings as their JSON
 * text. Integers that a double cannot hold stay bigint.
 */
export function toJson(value: RegoValue): RegoValue {
  if (Array.isArray(value)) return value.map(toJson);
  if (value instanceof Set) return sortedMembers(value).map(toJson);
  if (!isRegoObject(value)) return value;
  return regoObject(jsonMembers(value).map(([key, member]) => [key, toJson(member)]));
}

/** The JSON text of `toJson(value)`, without spaces and with the keys in order. */
export function toJsonText(value: RegoValue): string {
  if (value instanceof Set) return `[${sortedMembers(value).map(toJsonText).join(',')}]`;
  if (Array.isArray(value)) return `[${value.map(toJsonText).join(',')}]`;
  if (!isRegoObject(value)) return formatRego(value);
  const members = jsonMembers(value).map(([key, member]) => `${JSON.stringify(key)}:${toJsonText(member)}`);
  return `{${members.join(',')}}`;
}

/** The members in the order of their keys as text. Of keys with the same text, such as 1 and "1", the last one counts. */
function jsonMembers(object: RegoObject): [key: string, value: RegoValue][] {
  const entries = sortedEntries(object);
  if (!(object instanceof Map)) return entries as [string, RegoValue][];
  const members = new Map(entries.map(([key, value]) => [typeof key === 'string' ? key : goJsonText(key), value]));
  return [...members].sort(([a], [b]) => compareCodePoints(a, b));
}

/** `toJsonText` as Go writes it: with escapes for characters that are unsafe in HTML. In JSON they occur only in strings. */
export function goJsonText(value: RegoValue): string {
  const escaped = (char: string) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return toJsonText(value).replace(/[<>&\u2028\u2029]/g, escaped);
}

/** The Rego text of a value, which OPA's runtime can parse. Throws Error for a number that is not finite. */
export function formatRego(value: RegoValue): string {
  // JSON can escape half of a surrogate pair, which Go replaces by U+FFFD.
  if (typeof value === 'string') return JSON.stringify(value.toWellFormed());
  if (typeof value === 'number' && !Number.isFinite(value)) throw new Error(`${value} is no number of Rego`);
  if (value instanceof Decimal) return value.text;
  if (value === null || typeof value !== 'object') return String(value);
  if (Array.isArray(value)) return `[${value.map(formatRego).join(',')}]`;
  if (value instanceof Set) return value.size === 0 ? 'set()' : `{${[...value].map(formatRego).join(',')}}`;
  return `{${regoEntries(value)
    .map(([key, member]) => `${formatRego(key)}:${formatRego(member)}`)
    .join(',')}}`;
}

/** The Rego text of a value as OPA prints it: with spaces, sets and objects in order, and strings quoted as in Go. */
export function formatRegoSorted(value: RegoValue): string {
  return formatOrdered(value, (scalar) => (typeof scalar === 'string' ? goQuote(scalar) : formatRego(scalar)));
}

/** A text that is the same for equal values and for no others, to be used as a key. */
export function canonicalRego(value: RegoValue): string {
  return formatOrdered(value, (scalar) => {
    return regoTypeOf(scalar) === 'number' ? canonicalDecimal(numberText(scalar as RegoNumber)) : formatRego(scalar);
  });
}

function formatOrdered(value: RegoValue, scalar: (value: RegoValue) => string): string {
  const format = (each: RegoValue) => formatOrdered(each, scalar);
  if (Array.isArray(value)) return `[${value.map(format).join(', ')}]`;
  if (value instanceof Set) return value.size === 0 ? 'set()' : `{${sortedMembers(value).map(format).join(', ')}}`;
  if (!isRegoObject(value)) return scalar(value);
  return `{${sortedEntries(value)
    .map(([key, member]) => `${format(key)}: ${format(member)}`)
    .join(', ')}}`;
}

/** Parses the text that formatRego or OPA's runtime wrote (JSON, sets as `{1, 2}` and `set()`, any value as a key). Trusts its grammar. */
export function parseRego(text: string): RegoValue {
  // Most arguments of builtins are strings.
  if (text.startsWith('"')) return JSON.parse(text);
  return new Reader(text).value();
}

export type RegoNumber = number | bigint | Decimal;

/** The number of a text. formatRego gives the same text again. */
export function parseNumber(text: string): RegoNumber {
  const value = Number(text);
  // A number or bigint would lose the sign, which OPA prints.
  if (text === '-0') return new Decimal(text);
  if (/^-?\d+$/.test(text)) return Number.isSafeInteger(value) ? value : BigInt(text);
  return !Number.isInteger(value) && String(value) === text ? value : new Decimal(text);
}

/** The text that parseNumber would read as the number. */
export function numberText(number: RegoNumber): string {
  return number instanceof Decimal ? number.text : String(number);
}

/** The value of a number: exact if it is whole, else the nearest double. Throws Error beyond MAX_INTEGER_DIGITS digits. */
export function numericValue(number: RegoNumber): number | bigint {
  if (!(number instanceof Decimal)) return number;
  const value = Number(number.text);
  if (Number.isSafeInteger(value) || (Number.isFinite(value) && !Number.isInteger(value))) return value;
  const [, sign = '', whole = '', fraction = '', exponent = '0'] =
    /^([-+]?)(\d+)(?:\.(\d+))?(?:[eE]([-+]?\d+))?$/.exec(number.text) ?? [];
  const shift = Number(exponent) - fraction.length;
  if (whole.length + fraction.length + Math.abs(shift) > MAX_INTEGER_DIGITS) throw new Error('number is too large');
  const digits = BigInt(whole + fraction);
  const scale = 10n ** BigInt(Math.abs(shift));
  if (shift < 0 && digits % scale !== 0n) return value;
  const magnitude = shift < 0 ? digits / scale : digits * scale;
  return sign === '-' ? -magnitude : magnitude;
}

const NUMBER = /[-+.\deE]+/y;

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  value(): RegoValue {
    this.#skip(' ');
    switch (this.#text[this.#at]) {
      case '"':
        return this.#string();
      case '[':
        return this.#list(']');
      case '{':
        return this.#objectOrSet();
      case 't':
        return this.#word('true', true);
      case 'f':
        return this.#word('false', false);
      case 'n':
        return this.#word('null', null);
      case 's':
        return this.#word('set()', new Set());
      default:
        return this.#number();
    }
  }

  #skip(expected: string): boolean {
    if (this.#text[this.#at] !== expected) return false;
    this.#at++;
    return true;
  }

  #word<T>(word: string, value: T): T {
    this.#at += word.length;
    return value;
  }

  #number(): RegoNumber {
    NUMBER.lastIndex = this.#at;
    const [text] = NUMBER.exec(this.#text) ?? [];
    if (text === undefined) throw new Error(`no Rego value at ${this.#at}`);
    this.#at += text.length;
    return parseNumber(text);
  }

  #string(): string {
    let end = this.#at + 1;
    while (end < this.#text.length && this.#text[end] !== '"') end += this.#text[end] === '\\' ? 2 : 1;
    const start = this.#at;
    this.#at = end + 1;
    return JSON.parse(this.#text.slice(start, this.#at));
  }

  #list(close: ']' | '}'): RegoValue[] {
    this.#at++;
    const items: RegoValue[] = [];
    while (!this.#skip(close)) {
      items.push(this.value());
      this.#skip(',');
    }
    return items;
  }

  #objectOrSet(): RegoObject | Set<RegoValue> {
    this.#at++;
    if (this.#skip('}')) return {};
    const first = this.value();
    if (this.#skip('}')) return new Set([first]);
    if (!this.#skip(':')) return new Set([first, ...this.#list('}')]);
    const entries: [RegoValue, RegoValue][] = [[first, this.value()]];
    while (this.#skip(',')) {
      const key = this.value();
      this.#skip(':');
      entries.push([key, this.value()]);
    }
    this.#skip('}');
    return regoObject(entries);
  }
}
