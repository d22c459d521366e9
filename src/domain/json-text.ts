import { AppError, type Fault } from './errors.ts';

export const MAX_DEPTH = 32;
const MAX_FAULTS = 20;

/**
 * Parses untrusted JSON text (UTF-8, RFC 8259) into a value that is safe to digest, sign and hand to policy.
 * Beyond the grammar it refuses what two readers could understand differently: duplicate keys, integers outside
 * ±(2^53-1), numbers that overflow, NUL, lone surrogates, `__proto__`, and nesting deeper than MAX_DEPTH.
 * Throws AppError `malformed_json` with one fault per place (at most 20).
 */
export function parseJsonText(bytes: Uint8Array): unknown {
  const text = decodeUtf8(bytes);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw malformed([{ pointer: '', code: 'syntax', detail: 'The body is not JSON.' }], cause);
  }
  const faults: Fault[] = [];
  const members = inspect(value, '', 1, faults);
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

/** Counts the object members below a value and collects its faults. */
function inspect(value: unknown, pointer: string, depth: number, faults: Fault[]): number {
  if (faults.length >= MAX_FAULTS) return 0;
  if (typeof value === 'string') return inspectString(value, pointer, faults);
  if (typeof value === 'number') return inspectNumber(value, pointer, faults);
  if (value === null || typeof value !== 'object') return 0;
  if (depth > MAX_DEPTH) {
    faults.push({ pointer, code: 'too_deep', detail: `Values nest deeper than ${MAX_DEPTH} levels.` });
    return 0;
  }
  if (Array.isArray(value)) {
    return value.reduce<number>((sum, item, index) => sum + inspect(item, `${pointer}/${index}`, depth + 1, faults), 0);
  }
  let members = 0;
  for (const [key, member] of Object.entries(value)) {
    const at = `${pointer}/${escapePointer(key)}`;
    inspectString(key, at, faults);
    if (key === '__proto__') {
      faults.push({ pointer: at, code: 'forbidden_key', detail: 'The key __proto__ is not accepted.' });
    }
    members += 1 + inspect(member, at, depth + 1, faults);
  }
  return members;
}

function inspectString(value: string, pointer: string, faults: Fault[]): 0 {
  if (value.includes('\0')) {
    faults.push({ pointer, code: 'nul_character', detail: 'Text holds a NUL character.' });
  }
  if (!value.isWellFormed()) {
    faults.push({ pointer, code: 'lone_surrogate', detail: 'Text holds half of a surrogate pair.' });
  }
  return 0;
}

function inspectNumber(value: number, pointer: string, faults: Fault[]): 0 {
  if (!Number.isFinite(value) || (Number.isInteger(value) && !Number.isSafeInteger(value))) {
    faults.push({ pointer, code: 'number_out_of_range', detail: 'Numbers stay within ±(2^53-1).' });
  }
  return 0;
}

/** RFC 6901, with what cannot be shown replaced, since a pointer goes into an answer. */
export function escapePointer(key: string): string {
  return key.toWellFormed().replaceAll('\0', '\uFFFD').replaceAll('~', '~0').replaceAll('/', '~1');
}
