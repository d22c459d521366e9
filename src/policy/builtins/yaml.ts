import { type Document, isScalar, parseAllDocuments, Scalar, visit } from 'yaml';
import { parseNumber, type RegoValue, regoObject, toJson } from '../rego-value.ts';
import type { BuiltinTable } from './builtin.ts';
import { stringOperand } from './operands.ts';
import { writeYaml } from './yaml-writer.ts';

/** An alias may multiply what it stands for; a document that grows more than this is an attack. */
const MAX_ALIASES = 100;

export const yamlBuiltins: BuiltinTable = {
  'yaml.is_valid': (text) => typeof text === 'string' && isValid(text),
  'yaml.marshal': (value) => writeYaml(toJson(value)),
  'yaml.unmarshal': (text) => unmarshal(stringOperand(text, 1)),
};

function isValid(text: string): boolean {
  try {
    unmarshal(text);
    return true;
  } catch {
    return false;
  }
}

/** The first document of a YAML text, all of which must be well-formed. */
function unmarshal(text: string): RegoValue {
  const options = { intAsBigInt: true, merge: true, uniqueKeys: false, prettyErrors: false } as const;
  const documents = parseAllDocuments(text, options);
  const parts = 'empty' in documents ? [documents] : documents;
  const faults = parts.flatMap(({ errors, warnings }) => [...errors, ...warnings]);
  const fault = faults.find(({ name, code }) => name === 'YAMLParseError' || code === 'BAD_DIRECTIVE');
  if (fault !== undefined) throw new Error(`yaml: ${fault.message}`);
  const document: Document | undefined = documents[0];
  if (document === undefined) return null;
  visit(document, { Scalar: (_, node) => void resolveInteger(node) });
  return fromYaml(document.toJS({ maxAliasCount: MAX_ALIASES, mapAsMap: true }));
}

/** Go reads the integers of YAML 1.1 as well: `012`, `1_000`, `0b11`. */
function resolveInteger(node: unknown): void {
  if (!isScalar(node) || node.type !== Scalar.PLAIN || node.tag !== undefined || node.source === undefined) return;
  const [, sign, radix, digits] = /^([-+]?)(0b|0o?(?=[\d_])|0x)?([\da-f_]+)$/i.exec(node.source) ?? [];
  if (digits === undefined) return;
  const prefix = { '0b': '0b', '0x': '0x', '0': '0o', '0o': '0o' }[radix?.toLowerCase() ?? ''] ?? '';
  try {
    const magnitude = BigInt(prefix + digits.replaceAll('_', ''));
    node.value = sign === '-' ? -magnitude : magnitude;
  } catch {
    // Digits that its radix does not have: a string.
  }
}

function fromYaml(value: unknown): RegoValue {
  if (Array.isArray(value)) return value.map(fromYaml);
  if (value instanceof Map) return regoObject([...value].map(([key, member]) => [keyText(key), fromYaml(member)]));
  if (typeof value === 'bigint') return parseNumber(String(value));
  if (typeof value !== 'number') return value as RegoValue;
  if (Number.isFinite(value)) return parseNumber(String(value));
  const name = Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
  throw new Error(`json: unsupported value: ${name}`);
}

function keyText(key: unknown): string {
  if (key === null || typeof key === 'object')
    throw new Error('yaml: a key of a map is neither string, number nor boolean');
  return String(key);
}
