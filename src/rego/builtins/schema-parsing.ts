import { isRegoObject, type RegoValue } from '../value.ts';
import type { ExactDecimal } from './exact-decimal.ts';
import { goJsonWithDoubles } from './go-json.ts';
import type { GoRegex } from './go-regex.ts';
import { parseUrl } from './go-url.ts';
import { invalidType, KeywordReader, tryCompile } from './schema-keywords.ts';
import { type Draft, draftOf, type SchemaDocument, SchemaPool } from './schema-pool.ts';

/** A schema as OPA's validator reads it: only keywords that are there, and what they say checked. */
export interface Schema {
  /** The schemas `true` and `false`. */
  always?: boolean;
  /** Where `$ref` leads; then nothing else counts. */
  target?: Schema;
  types: string[];
  properties?: Map<string, Schema>;
  additionalProperties?: boolean | Schema;
  patternProperties?: { regex: GoRegex; schema: Schema }[];
  propertyNames?: Schema;
  dependencies?: Map<string, Schema | string[]>;
  items?: Schema | Schema[];
  additionalItems?: boolean | Schema;
  multipleOf?: ExactDecimal;
  minimum?: ExactDecimal;
  exclusiveMinimum?: ExactDecimal;
  maximum?: ExactDecimal;
  exclusiveMaximum?: ExactDecimal;
  minLength?: number;
  maxLength?: number;
  pattern?: { regex: GoRegex; text: string };
  format?: string;
  minProperties?: number;
  maxProperties?: number;
  required?: string[];
  minItems?: number;
  maxItems?: number;
  uniqueItems?: boolean;
  contains?: Schema;
  /** JSON texts, see goJsonWithDoubles. */
  constant?: string;
  allowed?: string[];
  oneOf?: Schema[];
  anyOf?: Schema[];
  allOf?: Schema[];
  not?: Schema;
  if?: Schema;
  then?: Schema;
  else?: Schema;
}

const TYPES: readonly string[] = ['array', 'boolean', 'integer', 'number', 'null', 'object', 'string'];

/**
 * Throws Error with the text of OPA's validator for what is no schema. Nothing is fetched: a reference to another document
 * is an error. Of several faults OPA names one by chance, and here it is the first.
 */
export function parseSchema(document: RegoValue): Schema {
  const pool = new SchemaPool(document);
  const targets = new Map<string, Schema>();
  return parse(document, draftOf(document) ?? 'any');

  function parse(node: RegoValue, draft: Draft, schema: Schema = { types: [] }): Schema {
    if (typeof node === 'boolean' && draft !== 4) {
      schema.always = node;
      return schema;
    }
    if (!isRegoObject(node)) throw new Error('Expected: Valid Schema, given: Invalid JSON');
    const reader = new KeywordReader(node);
    checkReference(reader.text(idKeyword(reader, draft)));
    for (const each of reader.schemaMap('definitions', 'Array Of Schemas')?.values() ?? []) parse(each, draft);
    reader.text('title');
    reader.text('description');
    // What stands beside a reference is read where the reference was read before, and counts nowhere.
    if (parseReference(schema, reader.text('$ref'), draft) === 'new') return schema;
    parseKeywords(schema, reader, draft);
    return schema;
  }

  function parseReference(schema: Schema, ref: string | undefined, draft: Draft): 'none' | 'known' | 'new' {
    if (ref === undefined) return 'none';
    checkReference(ref);
    const known = targets.get(ref);
    schema.target = known ?? { types: [] };
    if (known !== undefined) return 'known';
    targets.set(ref, schema.target);
    parseTarget(pool.find(ref), draft, schema.target);
    return 'new';
  }

  function parseTarget({ document: found, draft: own }: SchemaDocument, draft: Draft, target: Schema): void {
    if (typeof found !== 'boolean' && !isRegoObject(found)) throw new Error('Valid Schema must be of type object');
    parse(found, own ?? draft, target);
  }

  function parseKeywords(schema: Schema, reader: KeywordReader, draft: Draft): void {
    const sub = (node: RegoValue) => parse(node, draft);
    const isNewer = draft !== 4;
    parseTypes(schema, reader);
    parseObjectSchemas(schema, reader, sub, isNewer);
    parseItems(schema, reader, sub);
    parseNumberKeywords(schema, reader, draft);
    parseSizes(schema, reader, 'Length');
    parsePattern(schema, reader);
    parseSizes(schema, reader, 'Properties');
    parseRequired(schema, reader);
    parseSizes(schema, reader, 'Items');
    parseUnique(schema, reader);
    if (isNewer && reader.has('contains')) schema.contains = sub(reader.value('contains'));
    if (isNewer && reader.has('const')) schema.constant = goJsonWithDoubles(reader.value('const'));
    parseEnum(schema, reader);
    parseAlternatives(schema, reader, sub);
    parseConditions(schema, reader, draft, sub);
  }
}

function idKeyword(reader: KeywordReader, draft: Draft): 'id' | '$id' {
  return draft === 4 || (draft === 'any' && reader.has('id')) ? 'id' : '$id';
}

function parseAlternatives(schema: Schema, reader: KeywordReader, sub: Sub): void {
  for (const keyword of ['oneOf', 'anyOf', 'allOf'] as const) {
    const schemas = reader.list(keyword);
    if (schemas !== undefined) schema[keyword] = schemas.map(sub);
  }
}

function parseConditions(schema: Schema, reader: KeywordReader, draft: Draft, sub: Sub): void {
  const keywords = draft === 4 || draft === 6 ? (['not'] as const) : (['not', 'if', 'then', 'else'] as const);
  for (const keyword of keywords) {
    if (!reader.has(keyword)) continue;
    const node = reader.value(keyword);
    if (typeof node !== 'boolean' && !isRegoObject(node)) throw new Error(`${keyword} must be of an object`);
    schema[keyword] = sub(node);
  }
}

type Sub = (node: RegoValue) => Schema;

function checkReference(reference: string | undefined): void {
  if (reference !== undefined) parseUrl(reference);
}

function parseTypes(schema: Schema, reader: KeywordReader): void {
  if (!reader.has('type')) return;
  const type = reader.value('type');
  for (const each of Array.isArray(type) ? type : [type]) {
    if (typeof each !== 'string') throw invalidType('type', 'string/Array Of Strings');
    if (!TYPES.includes(each)) {
      const valid = `Expected valid values are:[${TYPES.join(' ')}]`;
      throw new Error(`has a primitive type that is NOT VALID -- given: /${each}/ ${valid}`);
    }
    if (schema.types.includes(each)) throw new Error(`${each} type is duplicated`);
    schema.types.push(each);
  }
}

function parseObjectSchemas(schema: Schema, reader: KeywordReader, sub: Sub, isNewer: boolean): void {
  const properties = reader.object('properties', () => new Error('Properties must be of type object'));
  if (properties !== undefined) schema.properties = mapValues(properties, sub);
  const additional = reader.booleanOrSchema('additionalProperties', sub);
  if (additional !== undefined) schema.additionalProperties = additional;
  const patterns = reader.object('patternProperties', () => invalidType('Valid Schema', 'patternProperties'));
  if (patterns !== undefined) {
    schema.patternProperties = [...patterns].map(([pattern, node]) => {
      const regex = tryCompile(pattern);
      if (regex === undefined) throw new Error(`Invalid regex pattern '${pattern}'`);
      return { regex, schema: sub(node) };
    });
  }
  if (isNewer && reader.has('propertyNames')) {
    const names = reader.value('propertyNames');
    if (typeof names !== 'boolean' && !isRegoObject(names)) throw invalidType('Valid Schema', 'patternProperties');
    schema.propertyNames = sub(names);
  }
  const dependencies = reader.object('dependencies', () => new Error('dependencies must be of type object'));
  if (dependencies !== undefined) schema.dependencies = mapValues(dependencies, (node) => parseDependency(node, sub));
}

function parseDependency(node: RegoValue, sub: Sub): Schema | string[] {
  if (typeof node === 'boolean' || isRegoObject(node)) return sub(node);
  if (Array.isArray(node) && node.every((each) => typeof each === 'string')) return node;
  throw new Error('Dependency must be of type Schema Or Array Of Strings');
}

function parseItems(schema: Schema, reader: KeywordReader, sub: Sub): void {
  if (reader.has('items')) {
    const items = reader.value('items');
    for (const each of Array.isArray(items) ? items : [items]) {
      if (typeof each !== 'boolean' && !isRegoObject(each)) throw invalidType('Valid Schema/Array Of Schemas', 'items');
    }
    schema.items = Array.isArray(items) ? items.map(sub) : sub(items);
  }
  const additional = reader.booleanOrSchema('additionalItems', sub);
  if (additional !== undefined) schema.additionalItems = additional;
}

function parseNumberKeywords(schema: Schema, reader: KeywordReader, draft: Draft): void {
  if (reader.has('multipleOf')) {
    const multipleOf = reader.number('multipleOf');
    if (multipleOf === undefined) throw invalidType('Number', 'multipleOf');
    if (multipleOf.digits <= 0n) throw new Error('multipleOf must be strictly greater than 0');
    schema.multipleOf = multipleOf;
  }
  parseLimit(schema, reader, draft, 'minimum', 'exclusiveMinimum');
  parseLimit(schema, reader, draft, 'maximum', 'exclusiveMaximum');
}

/** In draft 4 the exclusive limit is a boolean, later a number; a schema that names no draft may use either. */
function parseLimit(
  schema: Schema,
  reader: KeywordReader,
  draft: Draft,
  keyword: 'minimum' | 'maximum',
  exclusive: 'exclusiveMinimum' | 'exclusiveMaximum',
): void {
  const limit = reader.number(keyword);
  if (reader.has(keyword) && limit === undefined) throw new Error(`${keyword} must be of a Number`);
  if (limit !== undefined) schema[keyword] = limit;
  if (!reader.has(exclusive)) return;
  const value = reader.value(exclusive);
  const mayBeBoolean = draft === 4 || draft === 'any';
  const number = draft === 4 ? undefined : reader.number(exclusive);
  if (number !== undefined) schema[exclusive] = number;
  else if (typeof value === 'boolean' && mayBeBoolean) makeExclusive(schema, keyword, exclusive, value);
  else throw invalidType(EXPECTED_LIMITS[draft], exclusive);
}

const EXPECTED_LIMITS: Readonly<Record<Draft, string>> = {
  4: 'boolean',
  6: 'number',
  7: 'number',
  any: 'boolean/number',
};

function makeExclusive(
  schema: Schema,
  keyword: 'minimum' | 'maximum',
  exclusive: 'exclusiveMinimum' | 'exclusiveMaximum',
  isExclusive: boolean,
): void {
  const limit = schema[keyword];
  if (limit === undefined) throw new Error(`${exclusive} cannot be used without ${keyword}`);
  if (!isExclusive) return;
  schema[exclusive] = limit;
  delete schema[keyword];
}

function parseSizes(schema: Schema, reader: KeywordReader, of: 'Length' | 'Properties' | 'Items'): void {
  const [least, most] = [reader.size(`min${of}`), reader.size(`max${of}`)];
  if (least !== undefined) schema[`min${of}`] = least;
  if (most !== undefined) schema[`max${of}`] = most;
  if (of === 'Items' || least === undefined || most === undefined || least <= most) return;
  throw new Error(`min${of} cannot be greater than max${of}`);
}

function parsePattern(schema: Schema, reader: KeywordReader): void {
  const pattern = reader.text('pattern');
  if (pattern !== undefined) {
    const regex = tryCompile(pattern);
    if (regex === undefined) throw new Error('pattern must be a valid regex');
    schema.pattern = { regex, text: pattern };
  }
  const format = reader.text('format');
  if (format !== undefined) schema.format = format;
}

function parseRequired(schema: Schema, reader: KeywordReader): void {
  const required = reader.list('required');
  if (required === undefined) return;
  for (const [index, each] of required.entries()) {
    if (typeof each !== 'string') throw invalidType('string', 'required');
    if (required.indexOf(each) < index) throw new Error('required items must be unique');
  }
  schema.required = required as string[];
}

function parseUnique(schema: Schema, reader: KeywordReader): void {
  if (!reader.has('uniqueItems')) return;
  const unique = reader.value('uniqueItems');
  if (typeof unique !== 'boolean') throw new Error('uniqueItems must be of a boolean');
  schema.uniqueItems = unique;
}

function parseEnum(schema: Schema, reader: KeywordReader): void {
  const allowed = reader.list('enum')?.map(goJsonWithDoubles);
  if (allowed === undefined) return;
  if (new Set(allowed).size < allowed.length) throw new Error('enum items must be unique');
  schema.allowed = allowed;
}

function mapValues<T>(map: ReadonlyMap<string, RegoValue>, convert: (value: RegoValue) => T): Map<string, T> {
  return new Map([...map].map(([key, value]) => [key, convert(value)]));
}
