import type { ErrorObject } from 'ajv';
import { escapePointer } from '../../base/json-text.ts';
import type { DataFault } from '../../bundle/data-values.ts';

/** Examples of the formats in the policy schemas. */
const EXAMPLES: Readonly<Record<string, string>> = {
  date: '2026-01-31',
  'date-time': '2026-01-31T12:00:00Z',
};

/** The prefix of the keywords of schema-keywords.ts, whose messages are whole sentences. */
const OWN_KEYWORD = 'x-';

/** A longer list of names would hide the fault. */
const LONGEST_LIST = 20;
const LONGEST_VALUE = 60;

/**
 * Turns the errors of ajv into sentences, each at the pointer of the member to change. The errors must come from a validator
 * with `verbose`, which keeps the schema and the value of each.
 */
export function describeMisfits(errors: readonly ErrorObject[]): DataFault[] {
  return errors.filter(isNoEcho).map((error) => ({ pointer: pointerOf(error), message: messageOf(error) }));
}

/** After some errors, ajv adds one that only says that there was an error. */
function isNoEcho({ keyword }: ErrorObject): boolean {
  return keyword !== 'if' && keyword !== 'propertyNames';
}

function pointerOf({ instancePath, params, propertyName }: ErrorObject): string {
  const member = propertyName ?? unwantedMember(params);
  return member === undefined ? instancePath : `${instancePath}/${escapePointer(member)}`;
}

function unwantedMember(params: Record<string, unknown>): string | undefined {
  return (params['additionalProperty'] ?? params['unevaluatedProperty']) as string | undefined;
}

function messageOf(error: ErrorObject): string {
  const { keyword, params, message = 'does not fit the schema', propertyName } = error;
  if (keyword.startsWith(OWN_KEYWORD)) return message;
  const subject = propertyName === undefined ? '' : 'the name ';
  switch (keyword) {
    case 'additionalProperties':
    case 'unevaluatedProperties':
      return withAllowedMembers(unwantedMember(params) ?? '', error);
    case 'enum':
      return `${subject}must be one of ${listed(params['allowedValues'])}, not ${shown(error.data)}${hintFrom(error)}`;
    case 'const':
      return `${subject}must be ${shown(params['allowedValue'])}, not ${shown(error.data)}`;
    case 'type':
      return `${message}, not ${sortOf(error.data)}`;
    case 'pattern':
      return `${subject}${message}${inWords(error)}, and ${shown(error.data)} does not`;
    case 'format':
      if (params['format'] === 'time-zone') return `there is no time zone ${shown(error.data)}`;
      return `${message}${exampleOf(params['format'])}, and ${shown(error.data)} does not`;
    case 'false schema':
      return 'must be absent';
    default:
      return `${subject}${message}`;
  }
}

function withAllowedMembers(name: string, { parentSchema }: ErrorObject): string {
  const allowed = Object.keys((parentSchema?.['properties'] as object | undefined) ?? {});
  const others = allowed.length === 0 ? 'no member is allowed' : `allowed: ${listed(allowed)}`;
  return `unknown member ${JSON.stringify(name)}${hint(name, allowed)}; ${others}`;
}

function hintFrom({ data, params }: ErrorObject): string {
  const names = (params['allowedValues'] as unknown[]).filter((value) => typeof value === 'string');
  return typeof data === 'string' ? hint(data, names) : '';
}

function hint(name: string, allowed: readonly string[]): string {
  const nearest = nearestOf(name, allowed);
  return nearest === undefined ? '' : ` (did you mean ${JSON.stringify(nearest)}?)`;
}

/** The description of a pattern in the schema. */
function inWords({ parentSchema }: ErrorObject): string {
  const description = parentSchema?.['description'];
  return typeof description === 'string' ? ` (${description.replace(/\.$/, '')})` : '';
}

function exampleOf(format: unknown): string {
  const example = EXAMPLES[String(format)];
  return example === undefined ? '' : ` as ${JSON.stringify(example)} does`;
}

function listed(values: unknown): string {
  const all = values as readonly unknown[];
  const first = all.slice(0, LONGEST_LIST).map((value) => JSON.stringify(value));
  return [...first, ...(all.length > LONGEST_LIST ? [`and ${all.length - LONGEST_LIST} more`] : [])].join(', ');
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > LONGEST_VALUE ? `${text.slice(0, LONGEST_VALUE)}…` : text;
}

function sortOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'object') return 'an object';
  return typeof value === 'string' ? `the string ${shown(value)}` : shown(value);
}

/** The name that was probably meant: at most a third of the characters differ. */
function nearestOf(name: string, allowed: readonly string[]): string | undefined {
  if (name.length > LONGEST_VALUE) return undefined;
  const [best] = allowed
    .map((candidate) => ({ candidate, distance: editDistance(name.toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ candidate, distance }) => distance <= Math.max(name.length, candidate.length) / 3)
    .sort((one, other) => one.distance - other.distance);
  return best?.candidate;
}

/** How many characters have to be put in, taken out, replaced, or swapped with the next (optimal string alignment). */
function editDistance(one: string, other: string): number {
  const rows: number[][] = [Array.from({ length: other.length + 1 }, (_, at) => at)];
  const cell = (row: number, at: number) => rows[row]?.[at] ?? Number.POSITIVE_INFINITY;
  for (let row = 1; row <= one.length; row++) {
    rows.push([row]);
    for (let at = 1; at <= other.length; at++) {
      const isSame = one[row - 1] === other[at - 1];
      const isSwapped = one[row - 1] === other[at - 2] && one[row - 2] === other[at - 1];
      const swapped = isSwapped ? cell(row - 2, at - 2) + 1 : Number.POSITIVE_INFINITY;
      const replaced = cell(row - 1, at - 1) + (isSame ? 0 : 1);
      rows[row]?.push(Math.min(replaced, swapped, cell(row - 1, at) + 1, cell(row, at - 1) + 1));
    }
  }
  return cell(one.length, other.length);
}
