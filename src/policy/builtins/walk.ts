import { isRegoObject, type RegoValue, sortedEntries, sortedMembers } from '../rego-value.ts';
import type { BuiltinTable } from './builtin.ts';

/** The paths of a deep value are longer together than the value; the result would not fit into the memory that a policy has. */
const MAX_PATH_PARTS = 2_000_000;

export const walkBuiltins: BuiltinTable = {
  walk: (value) => {
    const found: RegoValue[] = [];
    const counter = { parts: 0 };
    visit(value, [], found, counter);
    return found;
  },
};

/** Adds `[path, value]` for a value and all that it holds, a parent before its members, members in order. */
function visit(value: RegoValue, path: readonly RegoValue[], found: RegoValue[], counter: { parts: number }): void {
  counter.parts += path.length + 1;
  if (counter.parts > MAX_PATH_PARTS) throw new Error(`walk: more than ${MAX_PATH_PARTS} parts of paths`);
  found.push([[...path], value]);
  for (const [key, member] of membersOf(value)) visit(member, [...path, key], found, counter);
}

function membersOf(value: RegoValue): [key: RegoValue, member: RegoValue][] {
  if (Array.isArray(value)) return value.map((member, index) => [index, member]);
  if (value instanceof Set) return sortedMembers(value).map((member) => [member, member]);
  return isRegoObject(value) ? sortedEntries(value) : [];
}
