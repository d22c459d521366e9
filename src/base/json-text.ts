import { z } from 'zod';
import { AppError, type Fault } from './errors.ts';
import { type JsonExcess, type JsonMeasure, type JsonRows, measureJson, pathAt } from './json-measure.ts';
import { KEY_SCHEMA, STRING_SCHEMA } from './text.ts';

export const MAX_DEPTH = 32;
const MAX_FAULTS = 20;

const JSON_VALUE = { $ref: '#/components/schemas/JsonValue' } as const;

/**
 * Any JSON value; one schema, so that the API describes it once. It checks nothing, because every value that is checked
 * against a schema here came from JSON text. The description says what parseJsonText accepts.
 */
export const jsonValue = z.unknown().meta({
  id: 'JsonValue',
  description: `Any JSON value, at most ${MAX_DEPTH} levels deep`,
  override: {
    anyOf: [
      { type: 'null' },
      { type: 'boolean' },
      { type: 'number', minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER },
      STRING_SCHEMA,
      { type: 'array', items: JSON_VALUE },
      { type: 'object', additionalProperties: JSON_VALUE, propertyNames: KEY_SCHEMA },
    ],
  },
});

export interface JsonTextLimits {
  /** Members and items at all depths together. */
  maxValues?: number;
  /** Of a text that is a list of things under one member, as a batch is. */
  rows?: JsonRows | undefined;
}

/**
 * Parses untrusted JSON text (UTF-8, RFC 8259) into a value that is safe to digest, sign and hand to policy. Beyond the
 * grammar it refuses what two readers could understand differently: duplicate keys, integers outside ±(2^53-1), numbers that
 * overflow, NUL, lone surrogates, `__proto__`, and nesting deeper than MAX_DEPTH. Text that exceeds a limit is refused before
 * it is parsed. Throws AppError `malformed_json` with one fault per place (at most 20), and `invalid_request` where `rows`
 * are exceeded.
 */
export function parseJsonText(bytes: Uint8Array, limits: JsonTextLimits = {}): unknown {
  const steps = parseJsonSteps(bytes, limits);
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}

/** The same in steps of a few milliseconds at most: with `rows`, each row is one. */
export function* parseJsonSteps(
  bytes: Uint8Array,
  { maxValues = Number.POSITIVE_INFINITY, rows }: JsonTextLimits = {},
): Generator<void, unknown> {
  const text = decodeUtf8(bytes);
  const measure = measureJson(bytes, { maxValues, maxDepth: MAX_DEPTH, rows });
  const { colons, hasUnicodeEscapes, rowRanges, excess } = measure;
  if (excess !== null) throw excessError(bytes, excess, { maxValues, rows });
  const found = rowRanges.length === 0 ? parseWhole(text, hasUnicodeEscapes) : yield* parseInRows(bytes, measure);
  if (found.members === null) throw malformed(faultsIn(found.value));
  // Every member has one colon outside of strings, so fewer members than colons means that a key is duplicated.
  if (found.members !== colons) {
    throw malformed([{ pointer: '', code: 'duplicate_key', detail: 'An object contains the same key twice.' }]);
  }
  return found.value;
}

/** A value and how many object members it holds; null where something in it is not accepted. */
interface Parsed {
  value: unknown;
  members: number | null;
}

function parseWhole(text: string, hasUnicodeEscapes: boolean): Parsed {
  const value = parseSyntax(text);
  return { value, members: countMembers(value, hasUnicodeEscapes) };
}

/**
 * Each row by itself, and then the text in which a number stands for each of them. Where all of these are JSON, so is the
 * whole, and the other way round.
 */
function* parseInRows(bytes: Uint8Array, measure: JsonMeasure): Generator<void, Parsed> {
  const { hasUnicodeEscapes, rowRanges } = measure;
  const rows: Parsed[] = [];
  const around: Uint8Array[] = [];
  let last = 0;
  for (const [index, [start, end]] of rowRanges.entries()) {
    yield;
    if (end < start) throw syntaxFault(); // The text ends within the row.
    rows.push(parseWhole(decodeUtf8(bytes.subarray(start, end)), hasUnicodeEscapes));
    around.push(bytes.subarray(last, start), Buffer.from(String(index)));
    last = end;
  }
  const outer = parseWhole(decodeUtf8(Buffer.concat([...around, bytes.subarray(last)])), hasUnicodeEscapes);
  for (const list of Object.values(outer.value as object)) {
    if (Array.isArray(list)) for (const [at, index] of list.entries()) list[at] = rows[index as number]?.value;
  }
  const members = [outer, ...rows].reduce<number | null>(
    (sum, each) => (sum === null || each.members === null ? null : sum + each.members),
    0,
  );
  return { value: outer.value, members };
}

function parseSyntax(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw syntaxFault(cause);
  }
}

function syntaxFault(cause?: unknown): AppError {
  return malformed([{ pointer: '', code: 'syntax', detail: 'The body is not JSON.' }], cause);
}

function excessError(bytes: Uint8Array, { limit, offset }: JsonExcess, { maxValues, rows }: JsonTextLimits): AppError {
  const pointer = pointerOf(pathAt(bytes, offset));
  switch (limit) {
    case 'depth':
      return malformed([{ pointer, code: 'too_deep', detail: `Values nest deeper than ${MAX_DEPTH} levels.` }]);
    case 'values':
      return malformed([
        { pointer: '', code: 'too_many_values', detail: `A body may contain at most ${maxValues} members and items.` },
      ]);
    case 'rows':
      return outOfBounds({ pointer, code: 'too_big', detail: `This list may contain at most ${rows?.max} items.` });
    case 'row':
      return outOfBounds({ pointer, code: 'too_many_values', detail: `At most ${rows?.maxValues} members and items.` });
  }
}

function outOfBounds(fault: Fault): AppError {
  return new AppError('invalid_request', `The body is too large: ${fault.pointer || '/'}: ${fault.detail}`, {
    faults: [fault],
  });
}

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw malformed([{ pointer: '', code: 'encoding', detail: 'The body is not UTF-8.' }], cause);
  }
}

function malformed(faults: Fault[], cause?: unknown): AppError {
  return new AppError('malformed_json', faults[0]?.detail ?? 'The body is not valid JSON.', { cause, faults });
}

/**
 * How many object members a parsed value holds at all depths, or null where one of its keys, strings or numbers is not
 * accepted. Strings have to be checked only if their text had escapes.
 */
function countMembers(value: unknown, hasUnicodeEscapes: boolean): number | null {
  if (value === null || typeof value !== 'object') return isAcceptedScalar(value, hasUnicodeEscapes) ? 0 : null;
  return Array.isArray(value) ? countInItems(value, hasUnicodeEscapes) : countInObject(value, hasUnicodeEscapes);
}

function countInItems(items: readonly unknown[], hasUnicodeEscapes: boolean): number | null {
  let sum = 0;
  for (const item of items) {
    const members = countMembers(item, hasUnicodeEscapes);
    if (members === null) return null;
    sum += members;
  }
  return sum;
}

/** Without a list of keys or values: a body may hold very many small objects. */
function countInObject(object: object, hasUnicodeEscapes: boolean): number | null {
  let sum = 0;
  for (const key in object) {
    if (key === '__proto__' || !isAcceptedScalar(key, hasUnicodeEscapes)) return null;
    const members = countMembers((object as Record<string, unknown>)[key], hasUnicodeEscapes);
    if (members === null) return null;
    sum += 1 + members;
  }
  return sum;
}

function isAcceptedScalar(value: unknown, hasUnicodeEscapes: boolean): boolean {
  if (typeof value === 'number') return isAcceptedNumber(value);
  return typeof value !== 'string' || !hasUnicodeEscapes || (value.isWellFormed() && !value.includes('\0'));
}

function isAcceptedNumber(value: number): boolean {
  return Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value));
}

/** The first faults of a value that has some, each with its place. */
function faultsIn(value: unknown): Fault[] {
  const faults: Fault[] = [];
  inspect(value, [], faults);
  return faults.slice(0, MAX_FAULTS);
}

/** `path` leads to the value; a pointer is made of it only where there is a fault. */
function inspect(value: unknown, path: string[], faults: Fault[]): void {
  if (typeof value === 'string') inspectString(value, path, faults);
  if (typeof value === 'number' && !isAcceptedNumber(value)) {
    faults.push({ pointer: pointerOf(path), code: 'number_out_of_range', detail: 'Numbers must be within ±(2^53-1).' });
  }
  if (value === null || typeof value !== 'object') return;
  for (const key of Object.keys(value)) {
    if (faults.length >= MAX_FAULTS) return;
    path.push(key);
    if (!Array.isArray(value)) inspectKey(key, path, faults);
    inspect((value as Record<string, unknown>)[key], path, faults);
    path.pop();
  }
}

function inspectKey(key: string, path: readonly string[], faults: Fault[]): void {
  inspectString(key, path, faults);
  if (key === '__proto__') {
    faults.push({
      pointer: pointerOf(path),
      code: 'forbidden_key',
      detail: 'The key __proto__ is not accepted.',
    });
  }
}

function inspectString(value: string, path: readonly string[], faults: Fault[]): void {
  if (value.includes('\0')) {
    faults.push({ pointer: pointerOf(path), code: 'nul_character', detail: 'Text contains a NUL character.' });
  }
  if (!value.isWellFormed()) {
    faults.push({
      pointer: pointerOf(path),
      code: 'lone_surrogate',
      detail: 'Text contains half of a surrogate pair.',
    });
  }
}

function pointerOf(path: readonly string[]): string {
  return path.map((step) => `/${escapePointer(step)}`).join('');
}

/** RFC 6901, with what cannot be shown replaced, since a pointer goes into an answer. */
export function escapePointer(key: string): string {
  return key.toWellFormed().replaceAll('\0', '\uFFFD').replaceAll('~', '~0').replaceAll('/', '~1');
}
