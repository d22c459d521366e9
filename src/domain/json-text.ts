import { z } from 'zod';
import { AppError, type Fault } from './errors.ts';
import { KEY_SCHEMA, STRING_SCHEMA } from './text.ts';

export const MAX_DEPTH = 32;
const MAX_FAULTS = 20;

const JSON_VALUE = { $ref: '#/components/schemas/JsonValue' } as const;

/**
 * Any JSON value; one schema, so that the API describes it once. It looks at nothing: whatever is checked against a schema
 * here came out of JSON text. What the description says is what parseJsonText accepts.
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

/**
 * Parses untrusted JSON text (UTF-8, RFC 8259) into a value that is safe to digest, sign and hand to policy.
 * Beyond the grammar it refuses what two readers could understand differently: duplicate keys, integers outside
 * ±(2^53-1), numbers that overflow, NUL, lone surrogates, `__proto__`, and nesting deeper than MAX_DEPTH.
 * `maxValues` bounds the members and items at all depths together.
 * Throws AppError `malformed_json` with one fault per place (at most 20).
 */
export function parseJsonText(bytes: Uint8Array, { maxValues = Number.POSITIVE_INFINITY } = {}): unknown {
  const text = decodeUtf8(bytes);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw malformed([{ pointer: '', code: 'syntax', detail: 'The body is not JSON.' }], cause);
  }
  const faults: Fault[] = [];
  const { members, items } = inspect(value, '', 1, { faults, left: maxValues });
  if (members + items > maxValues) {
    faults.push({
      pointer: '',
      code: 'too_many_values',
      detail: `A body holds at most ${maxValues} members and items.`,
    });
  }
  if (faults.length === 0 && members !== countColons(text)) {
    faults.push({ pointer: '', code: 'duplicate_key', detail: 'An object holds the same key twice.' });
  }
  if (faults.length > 0) throw malformed(faults);
  return value;
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

/** Every member has one colon outside of strings, so fewer members than colons means that a key came twice. */
function countColons(text: string): number {
  let colons = 0;
  let inString = false;
  for (let index = 0; index < text.length; index++) {
    const char = text[index];
    if (inString) {
      if (char === '\\') index++;
      else if (char === '"') inString = false;
    } else if (char === '"') inString = true;
    else if (char === ':') colons++;
  }
  return colons;
}

/** Members and items below a parsed value, at all depths. */
export function countValues(value: unknown): number {
  if (value === null || typeof value !== 'object') return 0;
  const below = Object.values(value);
  return below.reduce<number>((sum, member) => sum + countValues(member), below.length);
}

interface Counts {
  members: number;
  items: number;
}

/** What was found wrong so far, and how many more values there may be. */
interface Look {
  faults: Fault[];
  left: number;
}

/** Counts object members and array items below a value and collects its faults. */
function inspect(value: unknown, pointer: string, depth: number, look: Look): Counts {
  const { faults } = look;
  const counts = { members: 0, items: 0 };
  if (faults.length >= MAX_FAULTS || look.left < 0) return counts;
  if (typeof value === 'string') inspectString(value, pointer, faults);
  if (typeof value === 'number') inspectNumber(value, pointer, faults);
  if (value === null || typeof value !== 'object') return counts;
  if (depth > MAX_DEPTH) {
    faults.push({ pointer, code: 'too_deep', detail: `Values nest deeper than ${MAX_DEPTH} levels.` });
    return counts;
  }
  const entries = Object.entries(value);
  if (Array.isArray(value)) counts.items = entries.length;
  else counts.members = entries.length;
  look.left -= entries.length;
  if (look.left < 0) return counts;
  for (const [key, member] of entries) {
    const at = `${pointer}/${escapePointer(key)}`;
    if (!Array.isArray(value)) inspectKey(key, at, faults);
    const below = inspect(member, at, depth + 1, look);
    counts.members += below.members;
    counts.items += below.items;
  }
  return counts;
}

function inspectKey(key: string, pointer: string, faults: Fault[]): void {
  inspectString(key, pointer, faults);
  if (key === '__proto__') {
    faults.push({ pointer, code: 'forbidden_key', detail: 'The key __proto__ is not accepted.' });
  }
}

function inspectString(value: string, pointer: string, faults: Fault[]): void {
  if (value.includes('\0')) {
    faults.push({ pointer, code: 'nul_character', detail: 'Text holds a NUL character.' });
  }
  if (!value.isWellFormed()) {
    faults.push({ pointer, code: 'lone_surrogate', detail: 'Text holds half of a surrogate pair.' });
  }
}

function inspectNumber(value: number, pointer: string, faults: Fault[]): void {
  if (!Number.isFinite(value) || (Number.isInteger(value) && !Number.isSafeInteger(value))) {
    faults.push({ pointer, code: 'number_out_of_range', detail: 'Numbers stay within ±(2^53-1).' });
  }
}

/** RFC 6901, with what cannot be shown replaced, since a pointer goes into an answer. */
export function escapePointer(key: string): string {
  return key.toWellFormed().replaceAll('\0', '\uFFFD').replaceAll('~', '~0').replaceAll('/', '~1');
}
