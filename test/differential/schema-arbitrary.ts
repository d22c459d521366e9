import fc from 'fast-check';
import { canonicalJson } from '../../src/base/canonical-json.ts';

/** The part of JSON Schema that the shipped schemas are written in. */
export interface JsonSchema {
  $ref?: string;
  $defs?: Readonly<Record<string, JsonSchema>>;
  type?: string;
  enum?: readonly unknown[];
  anyOf?: readonly JsonSchema[];
  properties?: Readonly<Record<string, JsonSchema>>;
  required?: readonly string[];
  additionalProperties?: boolean | JsonSchema;
  propertyNames?: JsonSchema;
  minProperties?: number;
  items?: JsonSchema;
  minItems?: number;
  uniqueItems?: boolean;
  minLength?: number;
  maxLength?: number;
  pattern?: string;
  format?: string;
  minimum?: number;
}

/** Likely values by their place: a JSON Pointer, with `*` for any item and any key that the schema does not name. */
export type Vocabulary = Readonly<Record<string, fc.Arbitrary<unknown>>>;

const UNDERSTOOD: ReadonlySet<string> = new Set([
  ...['$schema', '$defs', '$ref', 'title', 'description', 'type', 'enum', 'anyOf', 'format', 'pattern', 'minimum'],
  ...['properties', 'required', 'additionalProperties', 'propertyNames', 'minProperties'],
  ...['items', 'minItems', 'uniqueItems', 'minLength', 'maxLength'],
]);

/** How often the vocabulary is left for whatever the schema lets pass. */
const LIKELY = 24;

/** Weights and lengths in seconds: their sums stay integers that JavaScript can hold. */
const MAX_INTEGER = 2 ** 31;

/** Text that a request can hold: no NUL, no half of a surrogate pair (see parseJsonText). */
export const anyText: fc.Arbitrary<string> = fc
  .oneof(
    fc.string({ unit: 'grapheme', maxLength: 40 }),
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.constantFrom('', ' ', '\n', '"', '\\', '"]', '{owner}', '\u2028', '\ufeff', 'e\u0301', '<&>', '\u{1f600}', '٣'),
  )
  .filter((text) => !text.includes('\0'));

/** The numbers that a request can hold: integers within ±(2^53-1), and any fractions. */
const anyNumber = fc.oneof(
  fc.maxSafeInteger(),
  fc
    .double({ noDefaultInfinity: true, noNaN: true })
    .filter((number) => !Number.isInteger(number) || Number.isSafeInteger(number)),
  fc.constantFrom(0, -1, 0.1, 1 / 3, 1e-7, 5e-324, Number.MAX_SAFE_INTEGER),
);

const anyKey = anyText.filter((key) => key !== '__proto__');

/** Any JSON that a request can hold. */
export const anyJson: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    fc.constantFrom(null, true, false),
    anyText,
    anyNumber,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(anyKey, tie('value'), { maxKeys: 4, noNullPrototype: true }),
  ),
})).value;

/**
 * Values that a schema lets pass, most of them from the vocabulary where it has any. Throws for a schema that says more
 * than is understood here.
 */
export function arbitraryOf(schema: JsonSchema, vocabulary: Vocabulary): fc.Arbitrary<unknown> {
  return build(schema, '');

  function build(node: JsonSchema, pointer: string): fc.Arbitrary<unknown> {
    const likely = vocabulary[pointer];
    const permitted = fromSchema(resolve(node), pointer);
    if (likely === undefined) return permitted;
    return fc.oneof({ weight: LIKELY, arbitrary: likely }, { weight: 1, arbitrary: permitted });
  }

  function fromSchema(node: JsonSchema, pointer: string): fc.Arbitrary<unknown> {
    if (node.anyOf !== undefined) return fc.oneof(...node.anyOf.map((each) => build(each, pointer)));
    if (node.enum !== undefined) return fc.constantFrom(...node.enum);
    if (node.type === 'array') return listOf(node, pointer);
    if (node.type === 'object') return objectOf(node, pointer);
    return scalarOf(node, pointer);
  }

  function listOf({ items = {}, minItems = 0, uniqueItems }: JsonSchema, pointer: string): fc.Arbitrary<unknown> {
    const sizes = { minLength: minItems, maxLength: minItems + 4 };
    const item = build(items, `${pointer}/*`);
    return uniqueItems ? fc.uniqueArray(item, { ...sizes, selector: canonicalJson }) : fc.array(item, sizes);
  }

  function objectOf(node: JsonSchema, pointer: string): fc.Arbitrary<unknown> {
    const { properties = {}, required = [], additionalProperties = true } = node;
    const named = Object.entries(properties).map(([name, each]) => {
      const value = build(each, `${pointer}/${name}`);
      return [name, required.includes(name) ? value : fc.option(value, { nil: undefined, freq: LIKELY })] as const;
    });
    const members = fc.record(Object.fromEntries(named)).map(withoutAbsent);
    if (additionalProperties === false) return members;
    const value = additionalProperties === true ? anyJson : build(additionalProperties, `${pointer}/*`);
    const further = fc.dictionary(keyOf(node, pointer), value, {
      minKeys: node.minProperties ?? 0,
      maxKeys: (node.minProperties ?? 0) + 4,
      noNullPrototype: true,
    });
    return fc.tuple(further, members).map(([more, own]) => ({ ...more, ...own }));
  }

  function keyOf({ propertyNames }: JsonSchema, pointer: string): fc.Arbitrary<string> {
    const key = propertyNames === undefined ? anyKey : textOf(propertyNames).filter((text) => text !== '__proto__');
    const likely = vocabulary[`${pointer}/*~`] as fc.Arbitrary<string> | undefined;
    return likely === undefined ? key : fc.oneof({ weight: LIKELY, arbitrary: likely }, { weight: 1, arbitrary: key });
  }

  function resolve(node: JsonSchema): JsonSchema {
    const unknown = Object.keys(node).find((keyword) => !UNDERSTOOD.has(keyword));
    if (unknown !== undefined) throw new Error(`no values are known for the keyword ${unknown}`);
    if (node.$ref === undefined) return node;
    const definition = schema.$defs?.[node.$ref.replace('#/$defs/', '')];
    if (definition === undefined) throw new Error(`there is no ${node.$ref}`);
    return resolve(definition);
  }
}

/** Without the members that are `undefined`, which stands for absent. */
export function withoutAbsent(members: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}

function scalarOf(node: JsonSchema, pointer: string): fc.Arbitrary<unknown> {
  if (node.type === 'null') return fc.constant(null);
  if (node.type === 'boolean') return fc.boolean();
  if (node.type === 'integer') return fc.integer({ min: node.minimum ?? -MAX_INTEGER, max: MAX_INTEGER });
  if (node.type === 'string') return textOf(node);
  throw new Error(`${pointer}: no values are known of the type ${node.type}`);
}

function textOf({ format, pattern, minLength = 0, maxLength = Number.POSITIVE_INFINITY }: JsonSchema) {
  if (format === 'date-time') return anyInstant;
  if (format !== undefined) throw new Error(`no texts are known of the format ${format}`);
  const text = pattern === undefined ? anyText : fc.stringMatching(new RegExp(pattern));
  // JSON Schema counts code points.
  return text.filter((each) => [...each].length >= minLength && [...each].length <= maxLength);
}

const anyDate = fc.date({
  min: new Date('0000-01-01T00:00:00Z'),
  max: new Date('9999-12-31T23:59:59.999Z'),
  noInvalidDate: true,
});

/** RFC 3339, in the spellings that it allows. */
const anyInstant: fc.Arbitrary<string> = fc
  .tuple(
    anyDate,
    fc.constantFrom('Z', '+00:00', '-00:00', '+05:30', '-11:59', '+23:59'),
    fc.constantFrom('', '.5', '.123456789'),
  )
  .map(([date, offset, fraction]) => `${date.toISOString().slice(0, 19)}${fraction}${offset}`);
