import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import addFormats from 'ajv-formats';
import { isRegoObject, type RegoValue, toJsonText } from '../rego-value.ts';
import type { BuiltinTable } from './builtin.ts';
import { compileRegex } from './go-regex.ts';

/** Compiled schemas, the latest last; compiling takes milliseconds. */
const MAX_CACHED = 50;
const cache = new Map<string, ValidateFunction>();
const TYPES: readonly string[] = ['array', 'boolean', 'integer', 'number', 'null', 'object', 'string'];

/**
 * JSON Schema draft 7 by ajv, with the names and texts that OPA's validator gives to errors, and RE2 for patterns. Nothing
 * is fetched: a reference to another document is an error. The order of errors is ours; OPA's varies from run to run.
 */
export const jsonSchemaBuiltins: BuiltinTable = {
  'json.match_schema': (document, schema) => {
    const value: unknown = JSON.parse(documentText(document));
    const validate = compileSchema(documentText(schema));
    if (validate(value)) return [true, []];
    return [false, (validate.errors ?? []).map((error) => describe(error, value))];
  },
  'json.verify_schema': (schema) => {
    try {
      compileSchema(documentText(schema));
      return [true, null];
    } catch (error) {
      return [false, `jsonschema: ${(error as Error).message}`];
    }
  },
};

function documentText(value: RegoValue): string {
  if (isRegoObject(value) || Array.isArray(value)) return toJsonText(value);
  if (typeof value !== 'string') throw new Error('wrong type, expected string or object');
  try {
    JSON.parse(value);
  } catch {
    throw new Error('invalid JSON string');
  }
  return value;
}

function compileSchema(text: string): ValidateFunction {
  const known = cache.get(text);
  const validate = known ?? compile(JSON.parse(text));
  cache.delete(text);
  cache.set(text, validate);
  const oldest = cache.keys().next().value;
  if (cache.size > MAX_CACHED && oldest !== undefined) cache.delete(oldest);
  return validate;
}

function compile(schema: unknown): ValidateFunction {
  refuseUnknownTypes(schema);
  // An instance of its own, since ajv keeps every schema that it has seen, and refuses two with one $id.
  const ajv = new Ajv({ allErrors: true, strict: false, logger: false, code: { regExp: toRegExp } });
  addFormats.default(ajv);
  return ajv.compile(withoutMeta(schema) as object);
}

/** ajv calls `test` only; `code` would be for schemas that are compiled ahead. */
function toRegExp(pattern: string): { test(text: string): boolean; code: string } {
  const regex = compileRegex(pattern);
  return { test: (text) => regex.test(text), code: '' };
}
toRegExp.code = 'RE2';

/** Drafts 4 and 6 have names of their own, which ajv would look up. */
function withoutMeta(schema: unknown): unknown {
  if (typeof schema !== 'object' || schema === null) return schema;
  const { $schema: _, ...rest } = schema as Record<string, unknown>;
  return rest;
}

/** Keywords that hold values and not schemas. */
const VALUE_KEYWORDS: ReadonlySet<string> = new Set(['const', 'default', 'enum', 'examples']);

function refuseUnknownTypes(schema: unknown): void {
  if (typeof schema !== 'object' || schema === null) return;
  for (const [keyword, part] of Object.entries(schema)) {
    if (!VALUE_KEYWORDS.has(keyword)) refuseUnknownTypes(part);
  }
  const { type } = schema as { type?: unknown };
  const unknown = [type].flat().find((each) => typeof each === 'string' && !TYPES.includes(each));
  if (unknown === undefined) return;
  const valid = `Expected valid values are:[${TYPES.join(' ')}]`;
  throw new Error(`has a primitive type that is NOT VALID -- given: /${unknown}/ ${valid}`);
}

type Params = Record<string, unknown>;
type Description = (params: Params, found: unknown, error: ErrorObject) => [type: string, desc: string];

const DESCRIPTIONS: Readonly<Record<string, Description>> = {
  additionalItems: () => ['array_no_additional_items', 'No additional items allowed on array'],
  additionalProperties: ({ additionalProperty: name }) => [
    'additional_property_not_allowed',
    `Additional property ${name} is not allowed`,
  ],
  anyOf: () => ['number_any_of', 'Must validate at least one schema (anyOf)'],
  const: ({ allowedValue }, _, error) => ['const', `${fieldOf(error)} does not match: ${JSON.stringify(allowedValue)}`],
  contains: () => ['contains', 'At least one of the items must match'],
  dependencies: ({ missingProperty }) => ['missing_dependency', `Has a dependency on ${missingProperty}`],
  enum: ({ allowedValues }, _, error) => {
    const allowed = (allowedValues as unknown[]).map((each) => JSON.stringify(each)).join(', ');
    return ['enum', `${fieldOf(error)} must be one of the following: ${allowed}`];
  },
  exclusiveMaximum: ({ limit }) => ['number_lt', `Must be less than ${limit}`],
  exclusiveMinimum: ({ limit }) => ['number_gt', `Must be greater than ${limit}`],
  'false schema': () => ['false', 'False always fails validation'],
  format: ({ format }) => ['format', `Does not match format '${format}'`],
  if: ({ failingKeyword }) =>
    failingKeyword === 'then'
      ? ['condition_then', 'Must validate "then" as "if" was valid']
      : ['condition_else', 'Must validate "else" as "if" was not valid'],
  maxItems: ({ limit }) => ['array_max_items', `Array must have at most ${limit} items`],
  maxLength: ({ limit }) => ['string_lte', `String length must be less than or equal to ${limit}`],
  maxProperties: ({ limit }) => ['array_max_properties', `Must have at most ${limit} properties`],
  maximum: ({ limit }) => ['number_lte', `Must be less than or equal to ${limit}`],
  minItems: ({ limit }) => ['array_min_items', `Array must have at least ${limit} items`],
  minLength: ({ limit }) => ['string_gte', `String length must be greater than or equal to ${limit}`],
  minProperties: ({ limit }) => ['array_min_properties', `Must have at least ${limit} properties`],
  minimum: ({ limit }) => ['number_gte', `Must be greater than or equal to ${limit}`],
  multipleOf: ({ multipleOf }) => ['multiple_of', `Must be a multiple of ${multipleOf}`],
  not: () => ['number_not', 'Must not validate the schema (not)'],
  oneOf: () => ['number_one_of', 'Must validate one and only one schema (oneOf)'],
  pattern: ({ pattern }) => ['pattern', `Does not match pattern '${pattern}'`],
  propertyNames: ({ propertyName }) => ['invalid_property_name', `Property name of "${propertyName}" does not match`],
  required: ({ missingProperty }) => ['required', `${missingProperty} is required`],
  type: ({ type }, found) => ['invalid_type', `Invalid type. Expected: ${typeNames(type)}, given: ${typeOf(found)}`],
  uniqueItems: ({ i, j }) => ['unique', `array items[${j},${i}] must be unique`],
};

function describe(error: ErrorObject, document: unknown): RegoValue {
  const field = fieldOf(error);
  const describeKeyword = DESCRIPTIONS[error.keyword];
  const [type, desc] = describeKeyword?.(error.params, at(document, error), error) ?? [
    error.keyword,
    error.message ?? '',
  ];
  return { desc, error: `${field}: ${desc}`, field, type };
}

function fieldOf({ instancePath }: ErrorObject): string {
  return instancePath === '' ? '(Root)' : partsOf(instancePath).join('.');
}

function partsOf(pointer: string): string[] {
  const parts = pointer.split('/').slice(1);
  return parts.map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function at(document: unknown, { instancePath }: ErrorObject): unknown {
  return partsOf(instancePath).reduce<unknown>((value, part) => (value as Record<string, unknown>)[part], document);
}

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return Number.isInteger(value) ? 'integer' : typeof value;
}

function typeNames(type: unknown): string {
  return Array.isArray(type) ? `[${type.join(',')}]` : String(type);
}
