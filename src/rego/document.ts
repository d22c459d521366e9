import { Decimal, formatRego, type RegoValue, regoObject } from './value.ts';

const encoder = new TextEncoder();

/**
 * The text of a document that goes into a module: bytes are JSON text already, any other value is written as JSON.stringify
 * would write it, but exactly: a `bigint` and a `Decimal` keep their digits, a `Set` is a set, and a `Map` an object whose keys
 * may be any values. Throws TypeError for what has no value in Rego, such as a function, NaN or a cycle.
 */
export function documentText(document: unknown): Uint8Array {
  if (document instanceof Uint8Array) return document;
  return encoder.encode(formatRego(regoValueOf(document, new Set())));
}

/** The value that formatRego writes. `parents` are the objects that this value lies in. */
export function regoValueOf(value: unknown, parents: Set<object> = new Set()): RegoValue {
  if (value === null || ['boolean', 'string', 'bigint'].includes(typeof value)) return value as RegoValue;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  if (value instanceof Decimal) return value;
  if (typeof value !== 'object' || value === null || value instanceof Promise) {
    throw new TypeError(`${String(value)} is not a value of Rego`);
  }
  if (parents.has(value)) throw new TypeError('a value that contains itself is not a value of Rego');
  parents.add(value);
  const result = compositeOf(value, (member) => regoValueOf(member, parents));
  parents.delete(value);
  return result;
}

function compositeOf(value: object, read: (member: unknown) => RegoValue): RegoValue {
  if ('toJSON' in value && typeof value.toJSON === 'function') return read(value.toJSON());
  if (Array.isArray(value)) return Array.from(value, (member) => (member === undefined ? null : read(member)));
  if (value instanceof Set) return new Set(Array.from(value, read));
  if (value instanceof Map) return regoObject(Array.from(value, ([key, member]) => [read(key), read(member)] as const));
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  return regoObject(members.map(([name, member]) => [name, read(member)] as const));
}
