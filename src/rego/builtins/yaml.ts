import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  parseAllDocuments,
  Scalar,
  visit,
  type YAMLMap,
} from 'yaml';
import { Decimal, goJsonText, type RegoValue, regoObject, toJson } from '../value.ts';
import type { BuiltinTable } from './builtin.ts';
import { stringOperand } from './operands.ts';
import { goFloatText, resolveScalar, scalarToKey, scalarToRego, type YamlScalar } from './yaml-scalar.ts';
import { checkDirectives, checkDocument, checkTokens, normalizeText } from './yaml-strictness.ts';
import { writeYaml } from './yaml-writer.ts';

const LONG_TAG = 'tag:yaml.org,2002:';

/** As Go's gopkg.in/yaml.v3 reads and writes YAML 1.1, with JSON between it and Rego. */
export const yamlBuiltins: BuiltinTable = {
  'yaml.is_valid': (text) => typeof text === 'string' && isValid(text),
  // OPA has its JSON text read as YAML, too, before it is written: numbers and line ends are then those of YAML.
  'yaml.marshal': (value) => writeYaml(unmarshal(goJsonText(toJson(value)), asWritten)),
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
function unmarshal(given: string, convert = scalarToRego): RegoValue {
  const text = normalizeText(given);
  checkDirectives(text);
  checkTokens(text);
  const options = { schema: 'failsafe', resolveKnownTags: false, uniqueKeys: false, prettyErrors: false } as const;
  const documents = parseAllDocuments(text, options);
  const parts: readonly Document[] = 'empty' in documents ? [] : (documents as Document[]);
  const faults = ('empty' in documents ? [documents] : parts).flatMap(({ errors, warnings }) => [
    ...errors,
    ...warnings,
  ]);
  const fault = faults.find(({ name, code }) => name === 'YAMLParseError' || code === 'BAD_DIRECTIVE');
  if (fault !== undefined) throw new Error(`yaml: ${fault.message}`);
  for (const part of parts) {
    checkDocument(part, text);
    checkAliases(part);
  }
  const [first] = parts;
  return first === undefined ? null : new Decoder(first, convert).decode(first.contents);
}

/** A float by the text that Go gives it, and an integer as it is. */
function asWritten(scalar: YamlScalar): RegoValue {
  return typeof scalar.value === 'number' ? new Decimal(goFloatText(scalar.value)) : scalarToRego(scalar);
}

function checkAliases(document: Document): void {
  visit(document, {
    Alias(_, node) {
      if (node.resolve(document) === undefined) throw new Error(`yaml: unknown anchor '${node.source}' referenced`);
    },
  });
}

/** Turns nodes into values, as Go's decoder does for JSON. */
class Decoder {
  readonly #document: Document;
  /** Aliases that are being followed. */
  readonly #open = new Set<Node>();
  #decoded = 0;
  #ofAliases = 0;

  readonly #convert: (scalar: YamlScalar) => RegoValue;

  constructor(document: Document, convert: (scalar: YamlScalar) => RegoValue) {
    this.#document = document;
    this.#convert = convert;
  }

  decode(node: unknown): RegoValue {
    this.#count();
    if (isAlias(node)) return this.#follow(node, (target) => this.decode(target));
    if (isSeq(node)) return node.items.map((item) => this.decode(item));
    if (isMap(node)) return regoObject([...this.#members(node)]);
    return this.#convert(scalarOf(node));
  }

  /** An alias may multiply what it stands for; Go's limits for that are these. */
  #count(): void {
    this.#decoded++;
    if (this.#open.size > 0) this.#ofAliases++;
    const share = Math.min(0.99, Math.max(0.1, 0.99 - (0.89 * (this.#decoded - 400_000)) / 3_600_000));
    if (this.#ofAliases > 100 && this.#decoded > 1000 && this.#ofAliases / this.#decoded > share) {
      throw new Error('yaml: document contains excessive aliasing');
    }
  }

  #follow<T>(alias: Alias, use: (target: Node) => T): T {
    const target = alias.resolve(this.#document);
    if (target === undefined) throw new Error(`yaml: unknown anchor '${alias.source}' referenced`);
    if (this.#open.has(target)) throw new Error(`yaml: anchor '${alias.source}' value contains itself`);
    this.#open.add(target);
    try {
      return use(target);
    } finally {
      this.#open.delete(target);
    }
  }

  /** Members of the map itself go before those that it merges, and the last of one name before the others. */
  #members(map: YAMLMap): Map<string, RegoValue> {
    const members = new Map<string, RegoValue>();
    const merged: unknown[] = [];
    for (const { key, value } of map.items as Pair[]) {
      if (isMergeKey(key)) merged.push(...(isSeq(value) ? value.items : [value]));
      else members.set(this.#keyOf(key), this.decode(value));
    }
    for (const source of merged) {
      for (const [name, value] of this.#mergedMembers(source)) if (!members.has(name)) members.set(name, value);
    }
    return members;
  }

  #mergedMembers(source: unknown): Map<string, RegoValue> {
    this.#count();
    if (isAlias(source)) return this.#follow(source, (target) => this.#mergedMembers(target));
    if (isMap(source)) return this.#members(source);
    throw new Error('yaml: map merge requires map or sequence of maps as the value');
  }

  #keyOf(node: unknown): string {
    if (isAlias(node)) return this.#follow(node, (target) => this.#keyOf(target));
    const key = isMap(node) || isSeq(node) ? undefined : scalarToKey(scalarOf(node));
    if (key === undefined) throw new Error('yaml: a key of a map is neither string, number nor boolean');
    return key;
  }
}

function isMergeKey(node: unknown): boolean {
  if (!isScalar(node) || node.value !== '<<') return false;
  return node.tag === `${LONG_TAG}merge` || (!hasTag(node) && isPlain(node));
}

/** The tag `!` is none to Go. */
function hasTag({ tag }: Scalar): boolean {
  return tag !== undefined && tag !== '!';
}

function isPlain({ type }: Scalar): boolean {
  return type === undefined || type === Scalar.PLAIN;
}

/** Of a scalar; what is not there is null. */
function scalarOf(node: unknown): YamlScalar {
  if (!isScalar(node)) return { tag: '!!null', value: null };
  const text = String(node.value ?? '');
  if (hasTag(node)) return resolveScalar(String(node.tag).replace(LONG_TAG, '!!'), text);
  const isQuoted = !isPlain(node);
  const found = isQuoted ? { tag: '!!str', value: text } : resolveScalar('', text);
  // A time without a tag stays what was written.
  return found.tag === '!!timestamp' ? { tag: '!!str', value: text } : found;
}
