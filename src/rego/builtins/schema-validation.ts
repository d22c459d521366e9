import { isRegoObject, type RegoNumber, type RegoValue, regoTypeOf, sortedEntries } from '../value.ts';
import {
  compareExact,
  type ExactDecimal,
  exactDecimal,
  formatShortest,
  isMultipleOf,
  isWhole,
} from './exact-decimal.ts';
import { goJsonWithDoubles } from './go-json.ts';
import { isOfFormat } from './schema-formats.ts';
import type { Schema } from './schema-parsing.ts';

/** A fault of a document, as OPA's validator names it. */
export interface SchemaError {
  type: string;
  field: string;
  desc: string;
}

/** What a schema finds; the score is OPA's, who shows the errors of the alternative that comes nearest. */
interface Findings {
  errors: SchemaError[];
  score: number;
}

type Path = readonly string[];
type Members = ReadonlyMap<string, RegoValue>;

/** The faults of a JSON value, members of objects in the order of their names; OPA takes those by chance. */
export function validate(schema: Schema, document: RegoValue): SchemaError[] {
  return check(schema, document, []).errors;
}

function check(schema: Schema, value: RegoValue, path: Path): Findings {
  const found: Findings = { errors: [], score: 0 };
  checkInto(found, schema, value, path);
  return found;
}

function checkInto(found: Findings, schema: Schema, value: RegoValue, path: Path): void {
  if (schema.target !== undefined) checkInto(found, schema.target, value, path);
  else if (schema.always === false) report(found, path, 'false', 'False always fails validation');
  else if (schema.always === undefined) checkKeywords(found, schema, value, path);
}

function checkKeywords(found: Findings, schema: Schema, value: RegoValue, path: Path): void {
  if (!hasType(schema, value)) {
    const expected = schema.types.length > 1 ? `[${schema.types.join(',')}]` : schema.types[0];
    report(found, path, 'invalid_type', `Invalid type. Expected: ${expected}, given: ${typeOf(value)}`);
    return;
  }
  checkSchemas(found, schema, value, path);
  checkAny(found, schema, value, path);
  if (isNumber(value)) checkNumber(found, schema, value, path);
  else if (typeof value === 'string') checkText(found, schema, value, path);
  else if (Array.isArray(value)) checkArray(found, schema, value, path);
  else if (isRegoObject(value))
    checkObject(found, schema, new Map(sortedEntries(value) as [string, RegoValue][]), path);
  found.score++;
}

function report(found: Findings, path: Path, type: string, desc: string): void {
  found.errors.push({ type, field: fieldOf(path), desc });
  found.score -= 2;
}

function merge(found: Findings, other: Findings | undefined): void {
  found.errors.push(...(other?.errors ?? []));
  found.score += other?.score ?? 0;
}

function fieldOf(path: Path): string {
  return path.length === 0 ? '(Root)' : path.join('.');
}

function hasType({ types }: Schema, value: RegoValue): boolean {
  return types.length === 0 || types.includes(typeOf(value)) || (isNumber(value) && types.includes('number'));
}

function typeOf(value: RegoValue): string {
  return isNumber(value) && isWhole(exactDecimal(value)) ? 'integer' : regoTypeOf(value);
}

function isNumber(value: RegoValue): value is RegoNumber {
  return regoTypeOf(value) === 'number';
}

/** The keywords that hold other schemas for the same value. */
function checkSchemas(found: Findings, schema: Schema, value: RegoValue, path: Path): void {
  const { anyOf = [], oneOf = [], allOf = [] } = schema;
  if (anyOf.length > 0) checkAnyOf(found, anyOf, value, path);
  if (oneOf.length > 0) checkOneOf(found, oneOf, value, path);
  const all = allOf.map((each) => check(each, value, path));
  for (const each of all) merge(found, each);
  if (!all.every(isValid)) report(found, path, 'number_all_of', 'Must validate all the schemas (allOf)');
  if (schema.not !== undefined && isValid(check(schema.not, value, path))) {
    report(found, path, 'number_not', 'Must not validate the schema (not)');
  }
  checkDependencies(found, schema, value, path);
  checkCondition(found, schema, value, path);
  found.score++;
}

function isValid({ errors }: Findings): boolean {
  return errors.length === 0;
}

function nearest(failed: readonly Findings[]): Findings | undefined {
  return failed.reduce<Findings | undefined>(
    (best, each) => (best && best.score >= each.score ? best : each),
    undefined,
  );
}

function checkAnyOf(found: Findings, schemas: readonly Schema[], value: RegoValue, path: Path): void {
  const failed: Findings[] = [];
  for (const each of schemas) {
    const findings = check(each, value, path);
    if (isValid(findings)) return;
    failed.push(findings);
  }
  report(found, path, 'number_any_of', 'Must validate at least one schema (anyOf)');
  merge(found, nearest(failed));
}

function checkOneOf(found: Findings, schemas: readonly Schema[], value: RegoValue, path: Path): void {
  const all = schemas.map((each) => check(each, value, path));
  const valid = all.filter(isValid).length;
  if (valid === 1) return;
  report(found, path, 'number_one_of', 'Must validate one and only one schema (oneOf)');
  if (valid === 0) merge(found, nearest(all));
}

function checkDependencies(found: Findings, { dependencies }: Schema, value: RegoValue, path: Path): void {
  if (dependencies === undefined || !isRegoObject(value)) return;
  for (const [name] of sortedEntries(value) as [string, RegoValue][]) {
    const dependency = dependencies.get(name);
    if (Array.isArray(dependency)) {
      for (const each of dependency.filter((other) => !Object.hasOwn(value, other))) {
        report(found, path, 'missing_dependency', `Has a dependency on ${each}`);
      }
    } else if (dependency !== undefined) checkInto(found, dependency, value, path);
  }
}

function checkCondition(found: Findings, schema: Schema, value: RegoValue, path: Path): void {
  if (schema.if === undefined) return;
  const holds = isValid(check(schema.if, value, path));
  const branch = holds ? schema.then : schema.else;
  const findings = branch && check(branch, value, path);
  if (findings === undefined || isValid(findings)) return;
  if (holds) report(found, path, 'condition_then', 'Must validate "then" as "if" was valid');
  else report(found, path, 'condition_else', 'Must validate "else" as "if" was not valid');
  merge(found, findings);
}

function checkAny(found: Findings, { constant, allowed, format }: Schema, value: RegoValue, path: Path): void {
  if (constant !== undefined && goJsonWithDoubles(value) !== constant) {
    report(found, path, 'const', `${fieldOf(path)} does not match: ${constant}`);
  }
  if (allowed !== undefined && !allowed.includes(goJsonWithDoubles(value))) {
    report(found, path, 'enum', `${fieldOf(path)} must be one of the following: ${allowed.join(', ')}`);
  }
  if (format !== undefined && typeof value === 'string' && !isOfFormat(value, format)) {
    report(found, path, 'format', `Does not match format '${format}'`);
  }
  found.score++;
}

function checkArray(found: Findings, schema: Schema, value: readonly RegoValue[], path: Path): void {
  const { minItems = 0, maxItems = Number.POSITIVE_INFINITY } = schema;
  checkItems(found, schema, value, path);
  if (value.length < minItems) {
    report(found, path, 'array_min_items', `Array must have at least ${minItems} items`);
  }
  if (value.length > maxItems) report(found, path, 'array_max_items', `Array must have at most ${maxItems} items`);
  if (schema.uniqueItems) checkUnique(found, value, path);
  if (schema.contains !== undefined) checkContains(found, schema.contains, value, path);
  found.score++;
}

function checkItems(found: Findings, schema: Schema, value: readonly RegoValue[], path: Path): void {
  const { items, additionalItems } = schema;
  if (items === undefined || (Array.isArray(items) && items.length === 0)) return;
  for (const [index, item] of value.entries()) {
    const own = Array.isArray(items) ? (items[index] ?? additionalItems) : items;
    if (typeof own === 'object') merge(found, check(own, item, [...path, String(index)]));
  }
  if (Array.isArray(items) && items.length < value.length && additionalItems === false) {
    report(found, path, 'array_no_additional_items', 'No additional items allowed on array');
  }
}

function checkUnique(found: Findings, value: readonly RegoValue[], path: Path): void {
  const seen = new Map<string, number>();
  for (const [index, item] of value.entries()) {
    const text = goJsonWithDoubles(item);
    const before = seen.get(text);
    if (before !== undefined) report(found, path, 'unique', `array items[${before},${index}] must be unique`);
    seen.set(text, index);
  }
}

function checkContains(found: Findings, contains: Schema, value: readonly RegoValue[], path: Path): void {
  const failed: Findings[] = [];
  for (const [index, item] of value.entries()) {
    const findings = check(contains, item, [...path, String(index)]);
    if (isValid(findings)) return;
    failed.push(findings);
  }
  report(found, path, 'contains', 'At least one of the items must match');
  merge(found, nearest(failed));
}

function checkObject(found: Findings, schema: Schema, members: Members, path: Path): void {
  const { minProperties = 0, maxProperties = Number.POSITIVE_INFINITY, required = [] } = schema;
  if (members.size < minProperties) {
    report(found, path, 'array_min_properties', `Must have at least ${minProperties} properties`);
  }
  if (members.size > maxProperties) {
    report(found, path, 'array_max_properties', `Must have at most ${maxProperties} properties`);
  }
  for (const name of required) {
    if (members.has(name)) found.score++;
    else report(found, path, 'required', `${name} is required`);
  }
  for (const [name, member] of members) checkMember(found, schema, name, member, path);
  for (const name of members.keys()) checkName(found, schema, name, path);
  found.score++;
  for (const [name, property] of schema.properties ?? []) {
    const member = members.get(name);
    if (member !== undefined) checkInto(found, property, member, [...path, name]);
  }
}

function checkName(found: Findings, { propertyNames }: Schema, name: string, path: Path): void {
  const findings = propertyNames && check(propertyNames, name, path);
  if (findings === undefined || isValid(findings)) return;
  report(found, path, 'invalid_property_name', `Property name of "${name}" does not match`);
  merge(found, findings);
}

function checkMember(found: Findings, schema: Schema, name: string, member: RegoValue, path: Path): void {
  const matching = (schema.patternProperties ?? []).filter(({ regex }) => regex.test(name));
  for (const each of matching) merge(found, check(each.schema, member, [...path, name]));
  if (matching.length > 0) {
    found.score++;
    return;
  }
  if (schema.properties?.has(name)) return;
  const additional = schema.additionalProperties;
  if (additional === false) {
    report(found, path, 'additional_property_not_allowed', `Additional property ${name} is not allowed`);
  } else if (typeof additional === 'object') merge(found, check(additional, member, [...path, name]));
}

function checkText(found: Findings, schema: Schema, value: string, path: Path): void {
  const { minLength = 0, maxLength = Number.POSITIVE_INFINITY, pattern } = schema;
  const length = [...value].length;
  if (length < minLength) {
    report(found, path, 'string_gte', `String length must be greater than or equal to ${minLength}`);
  }
  if (length > maxLength) report(found, path, 'string_lte', `String length must be less than or equal to ${maxLength}`);
  if (pattern !== undefined && !pattern.regex.test(value)) {
    report(found, path, 'pattern', `Does not match pattern '${pattern.text}'`);
  }
  found.score++;
}

function checkNumber(found: Findings, schema: Schema, value: RegoNumber, path: Path): void {
  const number = exactDecimal(value);
  const { multipleOf } = schema;
  if (multipleOf !== undefined && !isMultipleOf(number, multipleOf)) {
    report(found, path, 'multiple_of', `Must be a multiple of ${formatShortest(multipleOf)}`);
  }
  const checkLimit = (
    limit: ExactDecimal | undefined,
    isWrong: (order: number) => boolean,
    type: string,
    text: string,
  ) => {
    if (limit === undefined || !isWrong(compareExact(number, limit))) return;
    report(found, path, type, `Must be ${text} ${formatShortest(limit)}`);
  };
  checkLimit(schema.maximum, (order) => order > 0, 'number_lte', 'less than or equal to');
  checkLimit(schema.exclusiveMaximum, (order) => order >= 0, 'number_lt', 'less than');
  checkLimit(schema.minimum, (order) => order < 0, 'number_gte', 'greater than or equal to');
  checkLimit(schema.exclusiveMinimum, (order) => order <= 0, 'number_gt', 'greater than');
  found.score++;
}
