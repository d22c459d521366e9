import {
  canonicalRego,
  isRegoObject,
  type RegoNumber,
  type RegoObject,
  type RegoValue,
  regoEntries,
  regoTypeOf,
} from '../value.ts';
import { goIntegerOf } from './go-integer.ts';

/** What stands under a key as OPA's Term.Get finds it: a member of an array by its index; a member of a set is its own key. */
export function memberOf(parent: RegoValue, key: RegoValue): RegoValue | undefined {
  if (Array.isArray(parent)) return elementOf(parent, key);
  if (parent instanceof Set) return contains(parent, key) ? key : undefined;
  return isRegoObject(parent) ? valueAt(parent, key) : undefined;
}

/** The value of a key of an object. */
export function valueAt(object: RegoObject, key: RegoValue): RegoValue | undefined {
  if (!(object instanceof Map)) {
    return typeof key === 'string' && Object.hasOwn(object, key) ? object[key] : undefined;
  }
  if (typeof key === 'string') return object.get(key);
  const wanted = canonicalRego(key);
  return regoEntries(object).find(([each]) => canonicalRego(each) === wanted)?.[1];
}

/** `valueAt` for one object and many keys. */
export function valuesByKey(object: RegoObject): (key: RegoValue) => RegoValue | undefined {
  if (!(object instanceof Map)) return (key) => valueAt(object, key);
  const values = new Map(regoEntries(object).map(([key, value]) => [canonicalRego(key), value]));
  return (key) => values.get(canonicalRego(key));
}

function elementOf(array: readonly RegoValue[], key: RegoValue): RegoValue | undefined {
  if (regoTypeOf(key) !== 'number') return undefined;
  const index = goIntegerOf(key as RegoNumber);
  return index !== undefined && index >= 0n && index < array.length ? array[Number(index)] : undefined;
}

export function contains(collection: Iterable<RegoValue>, wanted: RegoValue): boolean {
  const text = canonicalRego(wanted);
  for (const member of collection) {
    if (canonicalRego(member) === text) return true;
  }
  return false;
}

/** The canonical texts of values. */
export function canonicalKeys(values: Iterable<RegoValue>): Set<string> {
  return new Set(Array.from(values, canonicalRego));
}

/** A set of these values. Of equal ones the first stays, which matters where they are written differently: `1` and `1.0`. */
export function distinct(values: Iterable<RegoValue>): Set<RegoValue> {
  const members = new Map<string, RegoValue>();
  for (const value of values) {
    const key = canonicalRego(value);
    if (!members.has(key)) members.set(key, value);
  }
  return new Set(members.values());
}
