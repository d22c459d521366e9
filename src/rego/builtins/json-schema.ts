import { formatRegoSorted, isRegoObject, type RegoValue, toJson } from '../value.ts';
import type { BuiltinTable } from './builtin.ts';
import { readJson } from './json-reading.ts';
import { parseSchema, type Schema } from './schema-parsing.ts';
import { type SchemaError, validate } from './schema-validation.ts';

/** Parsed schemas, the latest last. */
const MAX_CACHED = 50;
const cache = new Map<string, Schema>();

/**
 * JSON Schema (drafts 4, 6 and 7) as OPA's validator understands it, which is a copy of gojsonschema: with its names and
 * texts of errors, and RE2 for patterns. The order of errors is ours; OPA's varies from run to run.
 */
export const jsonSchemaBuiltins: BuiltinTable = {
  'json.match_schema': (document, schema) => {
    const value = documentOf(document);
    const errors = findErrors(schemaOf(schema), value);
    return [
      errors.length === 0,
      errors.map(({ type, field, desc }) => ({ desc, error: `${field}: ${desc}`, field, type })),
    ];
  },
  'json.verify_schema': (schema) => {
    try {
      schemaOf(schema);
      return [true, null];
    } catch (error) {
      return [false, `jsonschema: ${(error as Error).message}`];
    }
  },
};

/** A schema that refers to itself for the same value never ends; OPA crashes where its stack does. */
function findErrors(schema: Schema, value: RegoValue): SchemaError[] {
  try {
    return validate(schema, value);
  } catch (error) {
    if (error instanceof RangeError)
      throw new Error('the schema refers to itself without end, or the document is too deep');
    throw error;
  }
}

function documentOf(value: RegoValue): RegoValue {
  if (isRegoObject(value) || Array.isArray(value)) return toJson(value);
  if (typeof value !== 'string') throw new Error('wrong type, expected string or object');
  try {
    return readJson(value);
  } catch {
    throw new Error('invalid JSON string');
  }
}

function schemaOf(value: RegoValue): Schema {
  const text = formatRegoSorted(value);
  const schema = cache.get(text) ?? parseSchema(documentOf(value));
  cache.delete(text);
  cache.set(text, schema);
  const oldest = cache.keys().next().value;
  if (cache.size > MAX_CACHED && oldest !== undefined) cache.delete(oldest);
  return schema;
}
