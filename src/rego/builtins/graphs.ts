import { canonicalRego, type RegoObject, type RegoValue, sortedMembers } from '../value.ts';
import type { BuiltinTable } from './builtin.ts';
import { valuesByKey } from './members.ts';
import { objectOperand, operandTypeError } from './operands.ts';

export const graphBuiltins: BuiltinTable = {
  'graph.reachable': (graph, initial) => reachable(objectOperand(graph, 1), initialVertices(initial)),
};

/** The initial vertices and all that they lead to, but only those that are keys of the graph. */
function reachable(graph: RegoObject, initial: readonly RegoValue[]): Set<RegoValue> {
  const targetsOf = valuesByKey(graph);
  const reached = new Map<string, RegoValue>();
  let wave = initial;
  while (wave.length > 0) {
    const targets = wave.flatMap((vertex) => {
      const [key, found] = [canonicalRego(vertex), targetsOf(vertex)];
      if (found === undefined || reached.has(key)) return [];
      reached.set(key, vertex);
      return vertices(found);
    });
    wave = targets.filter((target) => !reached.has(canonicalRego(target)));
  }
  return new Set(reached.values());
}

function initialVertices(initial: RegoValue): readonly RegoValue[] {
  if (!Array.isArray(initial) && !(initial instanceof Set)) throw operandTypeError(initial, 2, '{array, set}');
  return vertices(initial);
}

/** A vertex without an array or a set leads nowhere. */
function vertices(targets: RegoValue): readonly RegoValue[] {
  if (targets instanceof Set) return sortedMembers(targets);
  return Array.isArray(targets) ? targets : [];
}
