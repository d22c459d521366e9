import {
  Decimal,
  formatRegoSorted,
  goJsonText,
  isRegoObject,
  type RegoObject,
  type RegoValue,
  regoEntries,
  regoTypeOf,
  sortedEntries,
  toJson,
} from '../value.ts';
import type { BuiltinTable } from './builtin.ts';
import { patch } from './json-patch.ts';
import { filterPaths, pathTree, removePaths } from './json-paths.ts';
import { isJsonText, parseJsonText } from './json-text.ts';
import { arrayOperand, OperandError, objectOperand, stringOperand } from './operands.ts';

export const jsonBuiltins: BuiltinTable = {
  'json.filter': (object, paths) => filterPaths(objectOperand(object, 1), pathTree(paths)),
  'json.is_valid': (text) => typeof text === 'string' && isJsonText(text),
  'json.marshal': (value) => goJsonText(marshalled(value)),
  'json.marshal_with_options': (value, options) => marshal(marshalled(value), objectOperand(options, 2)),
  'json.patch': (document, patches) => patch(document, arrayOperand(patches, 2)),
  'json.remove': (object, paths) => removePaths(objectOperand(object, 1), pathTree(paths)),
  'json.unmarshal': (text) => parseJsonText(stringOperand(text, 1)),
};

/** The plain JSON value. Throws Error for a number as only Rego has them, such as what `to_number("1.")` gives. */
function marshalled(value: RegoValue): RegoValue {
  requireJsonNumbers(value);
  return toJson(value);
}

const JSON_NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?$/;

function requireJsonNumbers(value: RegoValue): void {
  if (value instanceof Decimal) {
    if (JSON_NUMBER.test(value.text)) return;
    throw new Error(`json: invalid number literal, trying to marshal "${value.text}"`);
  }
  if (Array.isArray(value) || value instanceof Set) value.forEach(requireJsonNumbers);
  else if (isRegoObject(value)) regoEntries(value).flat().forEach(requireJsonNumbers);
}

function marshal(value: RegoValue, options: RegoObject): string {
  const { prefix, indent, pretty } = Object.fromEntries(sortedEntries(options).map(checkedOption));
  const isPretty = pretty ?? (prefix !== undefined || indent !== undefined);
  const start = (prefix ?? '') as string;
  return isPretty ? start + indented(value, `\n${start}`, (indent ?? '\t') as string) : goJsonText(value);
}

const OPTION_TYPES: ReadonlyMap<RegoValue, string> = new Map([
  ['prefix', 'string'],
  ['indent', 'string'],
  ['pretty', 'boolean'],
]);

/** `index` counts the options in their order. */
function checkedOption([key, value]: [RegoValue, RegoValue], index: number): [string, RegoValue] {
  const mustBeString = (given: RegoValue) => `operand ${index} must be string but got ${regoTypeOf(given)}`;
  const name = formatRegoSorted(key);
  if (typeof key !== 'string') {
    throw new OperandError(2, `failed to stringify key ${name} at index ${index}: ${mustBeString(key)}`);
  }
  const type = OPTION_TYPES.get(key);
  if (type === undefined) throw new OperandError(2, `object contained unknown key ${name}`);
  if (typeof value === type) return [key, value];
  const fault = type === 'boolean' ? 'bool' : `string: ${mustBeString(value)}`;
  throw new OperandError(2, `key ${name} failed cast to ${fault}`);
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
