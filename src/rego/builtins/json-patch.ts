import {
  equalRego,
  formatRegoSorted,
  isRegoObject,
  type RegoNumber,
  type RegoObject,
  type RegoValue,
  regoEntries,
  regoObject,
  regoTypeOf,
} from '../value.ts';
import { goIntegerOf, parseGoInteger } from './go-integer.ts';
import { type Path, parsePath } from './json-paths.ts';

/** Applies the operations of a JSON Patch (RFC 6902), which OPA extends to sets: a member is its own key. */
export function patch(document: RegoValue, operations: readonly RegoValue[]): RegoValue {
  const patched = operations.reduce<RegoValue | undefined>(applyOperation, document);
  // Here OPA panics.
  if (patched === undefined) throw new Error('the whole document is removed');
  return patched;
}

/** A document that is removed as a whole is undefined; only another one can then be put in its place. */
function applyOperation(document: RegoValue | undefined, operation: RegoValue): RegoValue | undefined {
  if (!isRegoObject(operation)) {
    throw new Error('must be an array of JSON-Patch objects, but at least one element is not an object');
  }
  const member = (name: string) => required(operation, name);
  const [at, op] = [member('path'), member('op')];
  if (typeof op !== 'string') throw new Error(`attribute 'op' must be a string but found: ${regoTypeOf(op)}`);
  const path = parsePath(at);
  if (op === 'add' && path.length === 0) return member('value');
  if (document === undefined) throw new Error('nil value encountered where composite value was expected');
  switch (op) {
    case 'add':
      return insert(document, path, member('value'));
    case 'remove':
      return remove(document, path);
    case 'replace':
      return insert(path.length === 0 ? document : remove(document, path), path, member('value'));
    case 'move': {
      const from = parsePath(member('from'));
      const moved = get(document, from);
      return insert(remove(document, from), path, moved);
    }
    case 'copy':
      return insert(document, path, get(document, parsePath(member('from'))));
    case 'test': {
      const [found, wanted] = [get(document, path), member('value')];
      if (equalRego(found, wanted)) return document;
      const [expected, actual] = [formatRegoSorted(wanted), formatRegoSorted(found)];
      throw new Error(`value from EditTree != patch value.\n\nExpected: ${expected}\n\nFound: ${actual}`);
    }
    default:
      throw new Error(`unrecognized op: '${op}'`);
  }
}

function required(operation: RegoObject, name: string): RegoValue {
  const [, value] = regoEntries(operation).find(([key]) => key === name) ?? [];
  if (value === undefined) throw new Error(`missing required attribute '${name}'`);
  return value;
}

function get(document: RegoValue, path: Path): RegoValue {
  return path.reduce<RegoValue>(child, document);
}

function child(parent: RegoValue, key: RegoValue): RegoValue {
  if (!isComposite(parent)) throw notComposite(parent, ` for path ${formatRegoSorted(key)}`);
  const found = memberAt(parent, key);
  if (found !== undefined) return found;
  throw new Error(
    `path ${pathText(parent, key)} does not exist in ${regoTypeOf(parent)} term ${formatRegoSorted(parent)}`,
  );
}

/** As OPA writes it in errors. */
function pathText(parent: RegoValue, key: RegoValue): string {
  if (Array.isArray(parent)) return String(indexOf(parent, key));
  return parent instanceof Set && typeof key === 'string' ? key : formatRegoSorted(key);
}

type Composite = RegoValue[] | Set<RegoValue> | RegoObject;

function isComposite(value: RegoValue): value is Composite {
  return Array.isArray(value) || value instanceof Set || isRegoObject(value);
}

function notComposite(value: RegoValue, place = ''): Error {
  const type = regoTypeOf(value).replace(/^./, (letter) => letter.toUpperCase());
  return new Error(`expected composite type${place}, found value: ${formatRegoSorted(value)} (type: ast.${type})`);
}

function memberAt(parent: Composite, key: RegoValue): RegoValue | undefined {
  if (Array.isArray(parent)) return parent[indexOf(parent, key)];
  if (parent instanceof Set) return [...parent].find((member) => equalRego(member, key));
  return regoEntries(parent).find(([name]) => equalRego(name, key))?.[1];
}

/** The parent of the last part of a path with `change` made to it; what lies beside the path is shared, not copied. */
function within(document: RegoValue, path: Path, change: (parent: RegoValue, key: RegoValue) => RegoValue): RegoValue {
  const [key, ...rest] = path as [RegoValue, ...RegoValue[]];
  if (rest.length === 0) return change(document, key);
  const changed = within(child(document, key), rest, change);
  if (Array.isArray(document)) return document.with(indexOf(document, key), changed);
  if (document instanceof Set) return new Set([...document].map((each) => (equalRego(each, key) ? changed : each)));
  return regoObject(
    regoEntries(document as RegoObject).map(([name, each]) => [name, equalRego(name, key) ? changed : each]),
  );
}

function insert(document: RegoValue | undefined, path: Path, value: RegoValue): RegoValue {
  if (path.length === 0) return value;
  if (document === undefined) throw new Error('deleted node encountered during insert operation');
  return within(document, path, (parent, key) => {
    if (Array.isArray(parent)) {
      const index = indexOf(parent, key);
      if (index < 0 || index > parent.length) throw new Error('index for array insertion out of bounds');
      return parent.toSpliced(index, 0, value);
    }
    if (parent instanceof Set) {
      if (equalRego(key, value)) return new Set([...parent, value]);
      const [wanted, given] = [formatRegoSorted(key), formatRegoSorted(value)];
      throw new Error(`set key ${wanted} does not equal value to be inserted ${given}`);
    }
    if (!isRegoObject(parent)) throw notComposite(parent);
    return regoObject([...regoEntries(parent).filter(([name]) => !equalRego(name, key)), [key, value]]);
  });
}

function remove(document: RegoValue, path: Path): RegoValue | undefined {
  if (path.length === 0) return undefined;
  return within(document, path, (parent, key) => {
    if (Array.isArray(parent)) {
      const index = indexOf(parent, key);
      if (index < 0 || index >= parent.length) throw new Error('index for array delete out of bounds');
      return parent.toSpliced(index, 1);
    }
    if (!isComposite(parent)) throw notComposite(parent);
    if (memberAt(parent, key) === undefined) {
      throw new Error(`cannot delete child key ${formatRegoSorted(key)} that does not exist`);
    }
    if (parent instanceof Set) return new Set([...parent].filter((member) => !equalRego(member, key)));
    return regoObject(regoEntries(parent).filter(([name]) => !equalRego(name, key)));
  });
}

function indexOf(array: readonly RegoValue[], key: RegoValue): number {
  if (key === '-') return array.length;
  if (typeof key !== 'string' && regoTypeOf(key) !== 'number') throw new Error('invalid type for indexing');
  const index = typeof key === 'string' ? parseGoInteger(key) : goIntegerOf(key as RegoNumber);
  if (index === undefined) {
    throw new Error(typeof key === 'string' ? 'invalid string for indexing' : 'invalid number type for indexing');
  }
  if (typeof key === 'string' && key !== '0' && key.startsWith('0')) {
    throw new Error('leading zeros are not allowed in JSON paths');
  }
  return Number(index);
}
