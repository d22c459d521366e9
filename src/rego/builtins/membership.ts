import { equalRego, isRegoObject, type RegoObject, type RegoValue, regoEntries } from '../value.ts';
import type { BuiltinTable } from './builtin.ts';
import { contains, memberOf } from './members.ts';

/** The operator `in`: `value in collection` and `key, value in collection`. Nothing is in what is no collection. */
export const membershipBuiltins: BuiltinTable = {
  'internal.member_2': (value, collection) => {
    if (Array.isArray(collection) || collection instanceof Set) return contains(collection, value);
    return isRegoObject(collection) && contains(valuesOf(collection), value);
  },
  'internal.member_3': (key, value, collection) => {
    const found = memberOf(collection, key);
    return found !== undefined && equalRego(found, value);
  },
};

function valuesOf(object: RegoObject): RegoValue[] {
  return regoEntries(object).map(([, value]) => value);
}
