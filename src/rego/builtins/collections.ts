import { canonicalRego, equalRego, isRegoObject, type RegoObject, type RegoValue, regoEntries } from '../value.ts';
import type { BuiltinTable } from './builtin.ts';
import { objectOperand, operandTypeError } from './operands.ts';

const MAX_PATHS = 1_000_000;

export const collectionBuiltins: BuiltinTable = {
  'object.subset': subset,
  'graph.reachable_paths': (graph, initial) => reachablePaths(objectOperand(graph, 1), initial),
};

/** v1/topdown/subset.go: objects by their members, sets by theirs, an array as a run of another; a set within an array. */
function subset(superset: RegoValue, sub: RegoValue): boolean {
  if (isRegoObject(superset) && isRegoObject(sub)) return objectSubset(superset, sub);
  if (superset instanceof Set && sub instanceof Set) return containsAll(superset, sub);
  if (Array.isArray(superset) && sub instanceof Set) return arrayHoldsSet(superset, sub);
  if (Array.isArray(superset) && Array.isArray(sub)) return arraySubset(superset, sub);
  throw new Error('both arguments object.subset must be of the same type or array and set');
}

function objectSubset(superset: RegoObject, sub: RegoObject): boolean {
  const members = byText(superset);
  return regoEntries(sub).every(([key, value]) => {
    const other = members.get(canonicalRego(key));
    return other !== undefined && (equalRego(other, value) || nestedSubset(other, value));
  });
}

function nestedSubset(superset: RegoValue, sub: RegoValue): boolean {
  if (isRegoObject(superset) && isRegoObject(sub)) return objectSubset(superset, sub);
  if (superset instanceof Set && sub instanceof Set) return containsAll(superset, sub);
  return Array.isArray(superset) && Array.isArray(sub) && arraySubset(superset, sub);
}

function containsAll(collection: Iterable<RegoValue>, members: Iterable<RegoValue>): boolean {
  const keys = new Set(Array.from(collection, canonicalRego));
  return Array.from(members).every((member) => keys.has(canonicalRego(member)));
}

/** OPA counts a member of the set as often as the array has it, and finds nothing in an empty array. */
function arrayHoldsSet(array: readonly RegoValue[], set: ReadonlySet<RegoValue>): boolean {
  const wanted = new Set(Array.from(set, canonicalRego));
  let unmatched = set.size;
  return array.some((item) => {
    if (wanted.has(canonicalRego(item))) unmatched--;
    return unmatched === 0;
  });
}

/** Whether the members of one array stand in the other without a gap. */
function arraySubset(superset: readonly RegoValue[], sub: readonly RegoValue[]): boolean {
  const [keys, wanted] = [superset.map(canonicalRego), sub.map(canonicalRego)];
  let start = 0;
  let matched = 0;
  while (matched < wanted.length) {
    if (start + matched >= keys.length) return false;
    if (keys[start + matched] === wanted[matched]) matched++;
    else {
      start++;
      matched = 0;
    }
  }
  return true;
}

/** Every path from the initial vertices until it ends or meets itself. A vertex that the graph does not know ends a path before it. */
function reachablePaths(graph: RegoObject, initial: RegoValue): Set<RegoValue> {
  if (!Array.isArray(initial) && !(initial instanceof Set)) throw operandTypeError(initial, 2, '{array, set}');
  const edges = new Map(regoEntries(graph).map(([vertex, targets]) => [canonicalRego(vertex), neighbours(targets)]));
  const paths = new Map<string, RegoValue[]>();
  const add = (path: RegoValue[]) => {
    if (paths.size >= MAX_PATHS) throw new Error(`more than ${MAX_PATHS} paths`);
    paths.set(canonicalRego(path), path);
  };
  const follow = (vertex: RegoValue, path: RegoValue[], onPath: ReadonlySet<string>) => {
    const targets = edges.get(canonicalRego(vertex));
    if (targets === undefined) return add(path);
    const longer = [...path, vertex];
    if (targets.length === 0) return add(longer);
    const passed = new Set(onPath).add(canonicalRego(vertex));
    for (const target of targets) {
      if (passed.has(canonicalRego(target))) add(longer);
      else follow(target, longer, passed);
    }
  };
  for (const vertex of initial) {
    const targets = edges.get(canonicalRego(vertex));
    if (targets?.length === 0) add([vertex]);
    // A vertex may follow itself once: OPA looks for a circle only from the second vertex on.
    for (const target of targets ?? []) follow(target, [vertex], new Set([canonicalRego(vertex)]));
  }
  return new Set(paths.values());
}

function neighbours(targets: RegoValue): RegoValue[] {
  return Array.isArray(targets) || targets instanceof Set ? [...targets] : [];
}

function byText(object: RegoObject): ReadonlyMap<string, RegoValue> {
  return new Map(regoEntries(object).map(([key, value]) => [canonicalRego(key), value]));
}
