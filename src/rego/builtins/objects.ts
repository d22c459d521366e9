import {
  canonicalRego,
  equalRego,
  isRegoObject,
  type RegoObject,
  type RegoValue,
  regoEntries,
  regoObject,
  regoTypeOf,
} from '../value.ts';
import type { BuiltinTable } from './builtin.ts';
import { canonicalKeys, distinct, memberOf, valuesByKey } from './members.ts';
import { arrayOperand, OperandError, objectOperand, operandTypeError } from './operands.ts';

export const objectBuiltins: BuiltinTable = {
  'object.filter': (object, keys) => filter(objectOperand(object, 1), keysOperand(keys)),
  'object.get': (object, key, otherwise) => get(objectOperand(object, 1), key, otherwise),
  'object.keys': (object) => new Set(keysOf(objectOperand(object, 1))),
  'object.remove': (object, keys) => remove(objectOperand(object, 1), keysOperand(keys)),
  'object.union': (first, second) => union(objectOperand(first, 1), objectOperand(second, 2)),
  'object.union_n': (objects) => unionOf(arrayOperand(objects, 1)),
};

/** The member of a key, or, if the key is an array, what is at the end of that path. */
function get(object: RegoObject, key: RegoValue, otherwise: RegoValue): RegoValue {
  let parent: RegoValue = object;
  for (const part of Array.isArray(key) ? key : [key]) {
    const member = memberOf(parent, part);
    if (member === undefined) return otherwise;
    parent = member;
  }
  return parent;
}

/** Equal keys stay as the longer side writes them. */
function filter(object: RegoObject, keys: ReadonlySet<RegoValue>): RegoObject {
  const entries = regoEntries(object);
  if (entries.length >= keys.size) {
    const wanted = canonicalKeys(keys);
    return regoObject(entries.filter(([key]) => wanted.has(canonicalRego(key))));
  }
  const value = valuesByKey(object);
  return regoObject([...keys].flatMap((key) => (value(key) === undefined ? [] : [[key, value(key) as RegoValue]])));
}

function remove(object: RegoObject, keys: ReadonlySet<RegoValue>): RegoObject {
  const unwanted = canonicalKeys(keys);
  return regoObject(regoEntries(object).filter(([key]) => !unwanted.has(canonicalRego(key))));
}

function union(first: RegoObject, second: RegoObject): RegoObject {
  // Equal ones can be written differently, and the first is what OPA gives back.
  return equalRego(first, second) ? first : merge(first, second);
}

/** All members of both; where both have a key, the second wins, and two objects are merged. */
function merge(first: RegoObject, second: RegoObject): RegoObject {
  const [inFirst, inSecond] = [valuesByKey(first), valuesByKey(second)];
  const merged = regoEntries(first).map(([key, value]): [RegoValue, RegoValue] => {
    const other = inSecond(key);
    if (other === undefined) return [key, value];
    return [key, isRegoObject(value) && isRegoObject(other) ? merge(value, other) : other];
  });
  return regoObject([...merged, ...regoEntries(second).filter(([key]) => inFirst(key) === undefined)]);
}

function unionOf(objects: readonly RegoValue[]): RegoObject {
  const other = objects.find((each) => !isRegoObject(each));
  if (other !== undefined) {
    throw new OperandError(1, `must be array of objects but got array containing ${regoTypeOf(other)}`);
  }
  return (objects as RegoObject[]).reduce(mergeRewritingKeys, {});
}

/** As `merge`, but a key that both have stays as the second writes it. */
function mergeRewritingKeys(first: RegoObject, second: RegoObject): RegoObject {
  const inSecond = valuesByKey(second);
  const inFirst = valuesByKey(first);
  const kept = regoEntries(first).filter(([key]) => inSecond(key) === undefined);
  const merged = regoEntries(second).map(([key, value]): [RegoValue, RegoValue] => {
    const other = inFirst(key);
    return [
      key,
      isRegoObject(value) && other !== undefined && isRegoObject(other) ? mergeRewritingKeys(other, value) : value,
    ];
  });
  return regoObject([...kept, ...merged]);
}

function keysOf(object: RegoObject): RegoValue[] {
  return regoEntries(object).map(([key]) => key);
}

/** The keys that an array, a set or an object names, each once. */
function keysOperand(keys: RegoValue): Set<RegoValue> {
  if (Array.isArray(keys) || keys instanceof Set) return distinct(keys);
  if (isRegoObject(keys)) return new Set(keysOf(keys));
  throw operandTypeError(keys, 2, 'object', 'set', 'array');
}
