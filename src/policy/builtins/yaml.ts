import { Document, parseAllDocuments, Scalar, stringify, visit } from 'yaml';
import {
  Decimal,
  formatRego,
  isRegoObject,
  parseNumber,
  type RegoValue,
  regoEntries,
  regoObject,
  toJson,
} from '../rego-value.ts';
import type { BuiltinTable } from './builtin.ts';
import { stringOperand } from './operands.ts';

/** An alias may multiply what it stands for; a document that grows more than this is an attack. */
const MAX_ALIASES = 100;
/** What some YAML reader takes for something other than a string, and what Go's writer therefore puts in double quotes. */
const AMBIGUOUS =
  /^(?:|~|null|true|false|yes|no|on|off|y|n|[-+]?[\d.][\d_.a-fxob:eE+-]*|[-+]?\.(?:inf|nan)|\d{4}-\d\d?-\d\d?.*)$/i;

export const yamlBuiltins: BuiltinTable = {
  'yaml.is_valid': (text) => typeof text === 'string' && isValid(text),
  'yaml.marshal': (value) => marshal(toJson(value)),
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

/** The first document of a YAML text. */
function unmarshal(text: string): RegoValue {
  const options = { intAsBigInt: true, merge: true, uniqueKeys: false, prettyErrors: false } as const;
  const documents = parseAllDocuments(text, options);
  const [document] = Array.isArray(documents) ? documents : [];
  if (document === undefined) return null;
  const [error] = document.errors;
  if (error !== undefined) throw new Error(`yaml: ${error.message}`);
  return fromYaml(document.toJS({ maxAliasCount: MAX_ALIASES, mapAsMap: true }));
}

function fromYaml(value: unknown): RegoValue {
  if (Array.isArray(value)) return value.map(fromYaml);
  if (value instanceof Map) return regoObject([...value].map(([key, member]) => [keyText(key), fromYaml(member)]));
  if (typeof value === 'bigint') return parseNumber(String(value));
  if (typeof value !== 'number') return value as RegoValue;
  if (!Number.isFinite(value))
    throw new Error(`json: unsupported value: ${value > 0 ? '+Inf' : value < 0 ? '-Inf' : 'NaN'}`);
  return parseNumber(String(value));
}

function keyText(key: unknown): string {
  return typeof key === 'object' && key !== null ? formatRego(fromYaml(key)) : String(key);
}

/** As Go's YAML writer: sorted keys, two spaces, single quotes unless a reader could mistake the string. */
function marshal(value: RegoValue): string {
  const document = new Document(toYaml(value), { version: '1.2' });
  visit(document, {
    Scalar: (_, node) => {
      if (typeof node.value !== 'string') return;
      if (AMBIGUOUS.test(node.value)) node.type = Scalar.QUOTE_DOUBLE;
      else if (node.value.includes('\n')) node.type = Scalar.BLOCK_LITERAL;
    },
  });
  return stringify(document, { lineWidth: 0, singleQuote: true });
}

function toYaml(value: RegoValue): unknown {
  if (Array.isArray(value)) return value.map(toYaml);
  if (value instanceof Decimal) return Number(value.text);
  if (!isRegoObject(value)) return value;
  return new Map(regoEntries(value).map(([key, member]) => [key, toYaml(member)]));
}
