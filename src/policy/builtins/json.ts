import {
  equalRego,
  isRegoObject,
  numericValue,
  type RegoNumber,
  type RegoObject,
  type RegoValue,
  regoEntries,
  regoObject,
  regoTypeOf,
  sortedEntries,
  toJson,
  toJsonText,
} from '../rego-value.ts';
import type { BuiltinTable } from './builtin.ts';
import { arrayOperand, OperandError, objectOperand } from './operands.ts';
import { formatTerm } from './sprintf.ts';

export const jsonBuiltins: BuiltinTable = {
  'json.marshal_with_options': (value, options) => marshal(toJson(value), objectOperand(options, 2)),
  'json.patch': (document, patches) => arrayOperand(patches, 2).reduce<RegoValue>(applyPatch, document),
};

function marshal(value: RegoValue, options: RegoObject): string {
  const { prefix, indent, pretty } = Object.fromEntries(sortedEntries(options).map(checkedOption));
  const isPretty = pretty ?? (prefix !== undefined || indent !== undefined);
  const start = (prefix ?? '') as string;
  return isPretty ? start + indented(value, `\n${start}`, (indent ?? '\t') as string) : goJsonText(value);
}

/** Go's encoder escapes what could end a script in HTML; in JSON these characters stand only in strings. */
export function goJsonText(value: RegoValue): string {
  const escaped = (char: string) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return toJsonText(value).replace(/[<>&\u2028\u2029]/g, escaped);
}

const OPTION_TYPES: ReadonlyMap<RegoValue, string> = new Map([
  ['prefix', 'string'],
  ['indent', 'string'],
  ['pretty', 'boolean'],
]);

function checkedOption([key, value]: [RegoValue, RegoValue]): [string, RegoValue] {
  const type = OPTION_TYPES.get(key);
  if (type === undefined) throw new OperandError(2, `object contained unknown key ${formatTerm(key)}`);
  if (type === 'boolean' && typeof value !== type) throw new OperandError(2, `key ${key} failed cast to bool`);
  if (typeof value !== type) throw new OperandError(2, `key ${key} failed cast to ${type}`);
  return [String(key), value];
}

function indented(value: RegoValue, newline: string, indent: string): string {
  const inner = newline + indent;
  if (Array.isArray(value) && value.length > 0) {
    return `[${inner}${value.map((each) => indented(each, inner, indent)).join(`,${inner}`)}${newline}]`;
  }
  if (!isRegoObject(value) || regoEntries(value).length === 0) return goJsonText(value);
  const members = sortedEntries(value).map(([key, each]) => `${goJsonText(key)}: ${indented(each, inner, indent)}`);
  return `{${inner}${members.join(`,${inner}`)}${newline}}`;
}

type Path = readonly RegoValue[];

/** One operation of a JSON Patch (RFC 6902), which OPA extends to sets: a member is its own key. */
function applyPatch(document: RegoValue, operation: RegoValue): RegoValue {
  if (!isRegoObject(operation)) {
    throw new Error('must be an array of JSON-Patch objects, but at least one element is not an object');
  }
  const member = (name: string) => required(operation, name);
  const path = parsePath(member('path'));
  const op = member('op');
  if (typeof op !== 'string') throw new Error(`attribute 'op' must be a string but found: ${regoTypeOf(op)}`);
  switch (op) {
    case 'add':
      return insert(document, path, member('value'));
    case 'remove':
      return remove(document, path);
    case 'replace':
      return insert(path.length === 0 ? null : remove(document, path), path, member('value'));
    case 'move': {
      const from = parsePath(member('from'));
      return insert(remove(document, from), path, get(document, from));
    }
    case 'copy':
      return insert(document, path, get(document, parsePath(member('from'))));
    case 'test': {
      const [found, wanted] = [get(document, path), member('value')];
      if (equalRego(found, wanted)) return document;
      const [expected, actual] = [formatTerm(wanted), formatTerm(found)];
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

/** A JSON pointer, whose leading slashes OPA leaves out, or its parts, which may be any values. */
function parsePath(path: RegoValue): Path {
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

function get(document: RegoValue, path: Path): RegoValue {
  return path.reduce<RegoValue>(child, document);
}

function child(parent: RegoValue, key: RegoValue): RegoValue {
  const found = children(parent, key);
  if (found !== undefined) return found;
  throw new Error(`path ${formatTerm(key)} does not exist in ${regoTypeOf(parent)} term ${formatTerm(parent)}`);
}

function children(parent: RegoValue, key: RegoValue): RegoValue | undefined {
  if (Array.isArray(parent)) return parent[indexOf(parent, key)];
  if (parent instanceof Set) return [...parent].find((member) => equalRego(member, key));
  if (isRegoObject(parent)) return regoEntries(parent).find(([name]) => equalRego(name, key))?.[1];
  throw new Error(`expected composite type, found value: ${formatTerm(parent)}`);
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

function insert(document: RegoValue, path: Path, value: RegoValue): RegoValue {
  if (path.length === 0) return value;
  return within(document, path, (parent, key) => {
    if (Array.isArray(parent)) {
      const index = indexOf(parent, key);
      if (index < 0 || index > parent.length) throw new Error('index for array insertion out of bounds');
      return parent.toSpliced(index, 0, value);
    }
    if (parent instanceof Set) {
      if (equalRego(key, value)) return new Set([...[...parent].filter((each) => !equalRego(each, value)), value]);
      const [wanted, given] = [formatTerm(key), formatTerm(value)];
      throw new Error(`set key ${wanted} does not equal value to be inserted ${given}`);
    }
    if (!isRegoObject(parent)) throw new Error(`expected composite type, found value: ${formatTerm(parent)}`);
    return regoObject([...regoEntries(parent).filter(([name]) => !equalRego(name, key)), [key, value]]);
  });
}

function remove(document: RegoValue, path: Path): RegoValue {
  // Here OPA 1.22 panics.
  if (path.length === 0) throw new Error('the whole document cannot be removed');
  return within(document, path, (parent, key) => {
    if (Array.isArray(parent)) {
      const index = indexOf(parent, key);
      if (index < 0 || index >= parent.length) throw new Error('index for array delete out of bounds');
      return parent.toSpliced(index, 1);
    }
    if (children(parent, key) === undefined) {
      throw new Error(`cannot delete child key ${formatTerm(key)} that does not exist`);
    }
    if (parent instanceof Set) return new Set([...parent].filter((member) => !equalRego(member, key)));
    return regoObject(regoEntries(parent as RegoObject).filter(([name]) => !equalRego(name, key)));
  });
}

function indexOf(array: readonly RegoValue[], key: RegoValue): number {
  if (key === '-') return array.length;
  if (regoTypeOf(key) === 'number') {
    const index = Number(numericValue(key as RegoNumber));
    if (!Number.isInteger(index)) throw new Error('invalid number type for indexing');
    return index;
  }
  if (typeof key !== 'string') throw new Error('invalid type for indexing');
  if (!/^-?\d+$/.test(key)) throw new Error('invalid string for indexing');
  if (key !== '0' && key.startsWith('0')) throw new Error('leading zeros are not allowed in JSON paths');
  return Number(key);
}
