import {
  canonicalRego,
  isRegoObject,
  type RegoObject,
  type RegoValue,
  regoEntries,
  regoObject,
  regoTypeOf,
  sortedMembers,
} from '../value.ts';
import { distinct, valuesByKey } from './members.ts';
import { OperandError, operandTypeError } from './operands.ts';

/** The parts of a path into a value, each a key. */
export type Path = readonly RegoValue[];

/** A JSON pointer, whose leading slashes OPA leaves out, or its parts, which may be any values. */
export function parsePath(path: RegoValue): Path {
  if (Array.isArray(path)) return path;
  if (typeof path !== 'string') {
    const found = regoTypeOf(path);
    throw new OperandError(
      2,
      `must be one of {set, array} containing string paths or array of path segments but got ${found}`,
    );
  }
  if (path === '') return [];
  const parts = path.replace(/^\/+/, '').split('/');
  return parts.map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** Paths by their first parts; null where a path ends. */
type PathTree = Map<string, { part: RegoValue; below: PathTree | null }>;

/** The paths of an array or a set. One that begins with another adds nothing to it; an empty one counts for nothing. */
export function pathTree(paths: RegoValue): PathTree {
  if (!Array.isArray(paths) && !(paths instanceof Set)) throw operandTypeError(paths, 2, 'set', 'array');
  const tree: PathTree = new Map();
  for (const path of (Array.isArray(paths) ? paths : sortedMembers(paths)).map(parsePath)) addPath(tree, path);
  return tree;
}

function addPath(tree: PathTree, path: Path): void {
  let node = tree;
  for (const [index, part] of path.entries()) {
    const key = canonicalRego(part);
    const known = node.get(key);
    if (index === path.length - 1) {
      node.set(key, { part: known?.part ?? part, below: null });
      return;
    }
    const below = known === undefined ? new Map() : known.below;
    if (below === null) return;
    if (known === undefined) node.set(key, { part, below });
    node = below;
  }
}

/** What the paths of a tree lead to. A member of an array is found by its index as a string, one of a set by itself. */
export function filterPaths(value: RegoValue, tree: PathTree | null): RegoValue {
  if (tree === null) return value;
  const kept = (key: RegoValue, member: RegoValue): RegoValue[] => {
    const branch = tree.get(canonicalRego(key));
    return branch === undefined ? [] : [filterPaths(member, branch.below)];
  };
  if (Array.isArray(value)) return value.flatMap((member, index) => kept(String(index), member));
  if (value instanceof Set) return distinct(sortedMembers(value).flatMap((member) => kept(member, member)));
  return isRegoObject(value) ? filterObject(value, tree) : value;
}

/** Equal keys stay as the longer side writes them. */
function filterObject(object: RegoObject, tree: PathTree): RegoObject {
  const entries = regoEntries(object);
  const value = valuesByKey(object);
  const keys = entries.length < tree.size ? Array.from(tree.values(), ({ part }) => part) : entries.map(([key]) => key);
  return regoObject(
    keys.flatMap((key) => {
      const [branch, member] = [tree.get(canonicalRego(key)), value(key)];
      if (branch === undefined || member === undefined) return [];
      return [[key, filterPaths(member, branch.below)] as const];
    }),
  );
}

/** All but what the paths of a tree lead to. */
export function removePaths(value: RegoValue, tree: PathTree): RegoValue {
  const left = (key: RegoValue, member: RegoValue): RegoValue[] => {
    const branch = tree.get(canonicalRego(key));
    if (branch === undefined) return [member];
    return branch.below === null ? [] : [removePaths(member, branch.below)];
  };
  if (Array.isArray(value)) return value.flatMap((member, index) => left(String(index), member));
  if (value instanceof Set) return distinct(sortedMembers(value).flatMap((member) => left(member, member)));
  if (!isRegoObject(value)) return value;
  return regoObject(
    regoEntries(value).flatMap(([key, member]) => left(key, member).map((each) => [key, each] as const)),
  );
}
