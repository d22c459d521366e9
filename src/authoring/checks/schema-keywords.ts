import type { Ajv2020, AnySchemaObject, ErrorObject } from 'ajv/dist/2020.js';
import type { DataValidateFunction } from 'ajv/dist/types/index.js';
import { isObject } from '../../base/json-object.ts';
import { escapePointer } from '../../base/json-text.ts';
import { valuesAt } from '../../bundle/data-values.ts';
import { findZone } from '../../rego/builtins/time-zone.ts';

/** A keyword of a schema that names what does not exist. It accepts every value. */
export interface KeywordFault {
  /** The schema that contains the keyword: the same object that was given to ajv. */
  schema: object;
  keyword: string;
  message: string;
}

/** From the noun for a thing, such as `group`, to the path in the data that leads to the names of all such things. */
type NameOf = Readonly<Record<string, string>>;
type Report = (fault: KeywordFault) => void;
type KeywordError = Pick<ErrorObject, 'message'> & Partial<ErrorObject>;

const TEXT_BY_KEY = { type: 'object', minProperties: 1, additionalProperties: { type: 'string', minLength: 1 } };
const MEMBERS = { type: 'array', items: { type: 'string' }, minItems: 2, uniqueItems: true };

/**
 * Adds to ajv the keywords for what JSON Schema cannot express: names of things elsewhere in the data (`x-name-of`, with
 * `x-prefixes` and `x-placeholders`), members in order (`x-ascending`, `x-not-before`), lists without a common element
 * (`x-disjoint`), and the format `time-zone`. `docs/policies.md` describes them. `data` is the whole policy data. The `message`
 * of each error is a whole sentence. Returns a list, to which ajv adds faults of keywords while it compiles a schema.
 */
export function addKeywords(ajv: Ajv2020, data: unknown): readonly KeywordFault[] {
  const faults: KeywordFault[] = [];
  const report: Report = (fault) => {
    // Ajv compiles a schema once for each reference to it.
    if (!faults.some(({ schema, message }) => schema === fault.schema && message === fault.message)) faults.push(fault);
  };
  ajv.addFormat('time-zone', isTimeZone);
  ajv.addKeyword({
    keyword: 'x-name-of',
    type: 'string',
    metaSchema: TEXT_BY_KEY,
    compile: (_, schema, { propertyName }) => {
      const messageFor = nameCheck(schema, data, report);
      return checkOf('x-name-of', (text: string) => {
        const message = messageFor(text);
        if (message === undefined) return [];
        return [propertyName === undefined ? { message } : { message, propertyName: text }];
      });
    },
  });
  const beside = { dependencies: ['x-name-of'] };
  ajv.addKeyword({
    ...beside,
    keyword: 'x-prefixes',
    metaSchema: { type: 'object', additionalProperties: TEXT_BY_KEY },
  });
  ajv.addKeyword({ ...beside, keyword: 'x-placeholders', metaSchema: TEXT_BY_KEY });
  addMemberKeyword(ajv, report, 'x-ascending', MEMBERS, ascendingErrors);
  addMemberKeyword(ajv, report, 'x-not-before', TEXT_BY_KEY, notBeforeErrors);
  addMemberKeyword(ajv, report, 'x-disjoint', MEMBERS, disjointErrors);
  return faults;
}

/** Returns a function that gives the message for a text that is no name of what the schema declares. */
function nameCheck(schema: AnySchemaObject, data: unknown, report: Report): (text: string) => string | undefined {
  let isUsable = true;
  const namesAt = (keyword: string, path: string): ReadonlySet<string> => {
    if (!isInData(data, path)) {
      isUsable = false;
      report({ schema, keyword, message: `the data have nothing at ${JSON.stringify(path)}` });
    }
    return namesOf(data, path);
  };
  const things = (keyword: string, nameOf: NameOf) => ({
    nouns: Object.keys(nameOf).join(' or '),
    sets: Object.values(nameOf).map((path) => namesAt(keyword, path)),
  });
  const plain = things('x-name-of', schema['x-name-of']);
  const prefixed = Object.entries<NameOf>(schema['x-prefixes'] ?? {}).map(
    ([prefix, nameOf]) => [prefix, things('x-prefixes', nameOf)] as const,
  );
  const placeholders = Object.entries<string>(schema['x-placeholders'] ?? {}).map(
    ([placeholder, path]) => [placeholder, [...namesAt('x-placeholders', path)]] as const,
  );
  return (text) => {
    const [prefix, { nouns, sets }] = prefixed.find(([each]) => text.startsWith(each)) ?? ['', plain];
    const name = text.slice(prefix.length);
    const isName = fill(name, placeholders).some((filled) => sets.some((names) => names.has(filled)));
    return isName || !isUsable ? undefined : `there is no ${nouns} ${JSON.stringify(name)}`;
  };
}

/** Adds a keyword of objects whose setting consists of names of members. The schema must have them as `properties`. */
function addMemberKeyword<Setting extends object>(
  ajv: Ajv2020,
  report: Report,
  keyword: string,
  metaSchema: object,
  errorsOf: (setting: Setting, value: Record<string, unknown>, at: At) => KeywordError[],
): void {
  ajv.addKeyword({
    keyword,
    type: 'object',
    metaSchema,
    compile: (setting: Setting, schema) => {
      const members = Array.isArray(setting) ? setting : Object.entries(setting).flat();
      for (const member of members) {
        if (Object.hasOwn(schema['properties'] ?? {}, member)) continue;
        report({ schema, keyword, message: `${JSON.stringify(member)} is not one of the properties of this schema` });
      }
      return checkOf(keyword, (value, at) => errorsOf(setting, value, at));
    },
  });
}

function ascendingErrors(members: readonly string[], value: Record<string, unknown>, at: At): KeywordError[] {
  return members.slice(1).flatMap((member, index) => {
    const below = members[index] ?? '';
    const [lower, higher] = [value[below], value[member]];
    if (typeof lower !== 'number' || typeof higher !== 'number' || higher > lower) return [];
    return [{ instancePath: at(member), message: `must be higher than that of ${below} (${lower})` }];
  });
}

function notBeforeErrors(
  pairs: Readonly<Record<string, string>>,
  value: Record<string, unknown>,
  at: At,
): KeywordError[] {
  return Object.entries(pairs).flatMap(([later, earlier]) => {
    const [first, last] = [value[earlier], value[later]];
    if (typeof first !== 'string' || typeof last !== 'string' || !(Date.parse(last) < Date.parse(first))) return [];
    return [{ instancePath: at(later), message: `must not be before ${earlier} (${first})` }];
  });
}

function disjointErrors(members: readonly string[], value: Record<string, unknown>, at: At): KeywordError[] {
  return members.flatMap((member, index) => {
    const before = members.slice(0, index);
    return elementsOf(value[member]).flatMap((element, position) => {
      const other = before.find((each) => elementsOf(value[each]).includes(element));
      if (other === undefined) return [];
      const message = `${JSON.stringify(element)} is also in ${other}: remove it from one of the two`;
      return [{ instancePath: at(member, String(position)), message }];
    });
  });
}

/** Gives the pointer to a part of the value that is checked. */
type At = (...steps: string[]) => string;

/** Makes the function that ajv calls from one that returns the errors. */
// biome-ignore lint/suspicious/noExplicitAny: ajv passes values of the keyword's `type` only.
function checkOf(keyword: string, errorsOf: (value: any, at: At) => KeywordError[]): DataValidateFunction {
  const check: DataValidateFunction = (value: unknown, context) => {
    const at: At = (...steps) => [context?.instancePath ?? '', ...steps.map(escapePointer)].join('/');
    check.errors = errorsOf(value, at).map((error) => ({ keyword, params: {}, ...error }));
    return check.errors.length === 0;
  };
  return check;
}

/** The names that a path leads to: the keys of objects, the strings in lists, and strings themselves. */
function namesOf(data: unknown, path: string): ReadonlySet<string> {
  const names = valuesAt(data, path).flatMap(({ value }) => (isObject(value) ? Object.keys(value) : value));
  return new Set(names.filter((name) => typeof name === 'string'));
}

/** Whether the data have a value at a path, or a collection on the way, before a `*`, has no members yet. */
function isInData(data: unknown, path: string): boolean {
  if (valuesAt(data, path).length > 0) return true;
  const steps = path.split('/');
  const collections = steps.flatMap((step, index) => (step === '*' ? [steps.slice(0, index).join('/')] : []));
  return collections.some((each) => {
    const found = valuesAt(data, each);
    return found.length > 0 && found.every(({ value }) => isEmpty(value));
  });
}

function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}

/** The name as it is, and with each placeholder in it replaced by each of the names that it stands for. */
function fill(name: string, placeholders: readonly (readonly [string, readonly string[]])[]): readonly string[] {
  let filled = [name];
  for (const [placeholder, names] of placeholders.filter(([each]) => name.includes(each))) {
    filled = filled.flatMap((text) => [text, ...names.map((each) => text.replaceAll(placeholder, each))]);
  }
  return filled;
}

function isTimeZone(name: string): boolean {
  try {
    findZone(name);
    return true;
  } catch {
    return false;
  }
}

function elementsOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
