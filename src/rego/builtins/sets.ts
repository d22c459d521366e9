import { canonicalRego, type RegoValue, regoTypeOf, sortedMembers } from '../value.ts';
import type { BuiltinTable } from './builtin.ts';
import { canonicalKeys, distinct } from './members.ts';
import { operandTypeError } from './operands.ts';

/** `and` and `or` are the operators `&` and `|`. */
export const setBuiltins: BuiltinTable = {
  and: (first, second) => intersect(setOperand(first, 1), setOperand(second, 2)),
  or: (first, second) => distinct([...setOperand(first, 1), ...setOperand(second, 2)]),
  intersection: (sets) => {
    const [first, ...rest] = setsOperand(sets);
    return rest.reduce(intersect, first ?? new Set());
  },
  union: (sets) => distinct(setsOperand(sets).flatMap((set) => sortedMembers(set))),
};

type RegoSet = Set<RegoValue>;

/** Equal members stay as the smaller set writes them. */
function intersect(first: RegoSet, second: RegoSet): RegoSet {
  const [smaller, larger] = second.size < first.size ? [second, first] : [first, second];
  const keys = canonicalKeys(larger);
  return new Set([...smaller].filter((member) => keys.has(canonicalRego(member))));
}

/** Sets that are the members of one, in order. */
function setsOperand(value: RegoValue): RegoSet[] {
  return sortedMembers(setOperand(value, 1)).map((member) => setOperand(member, 1));
}

function setOperand(value: RegoValue, position: number): RegoSet {
  if (regoTypeOf(value) !== 'set') throw operandTypeError(value, position, 'set');
  return distinct(value as RegoSet);
}
