import { z } from 'zod';

/**
 * Controls, line breaks and what does not show: with them a name writes a line of its own, or reads as another. These are
 * the code points of \p{Cc}, \p{Cf}, \p{Zl}, \p{Zp} and \p{Default_Ignorable_Code_Point} in Unicode 17, and the empty
 * Braille pattern; spelt out, since few readers of the API description know the names of properties.
 */
const INVISIBLE = characterClass(
  '0-1f 7f-9f ad 34f 600-605 61c 6dd 70f 890-891 8e2 115f-1160 17b4-17b5 180b-180f 200b-200f 2028-202e 2060-206f 2800 ' +
    '3164 fe00-fe0f feff ffa0 fff0-fffb 110bd 110cd 13430-1343f 1bca0-1bca3 1d173-1d17a e0000-e0fff',
);
/** The characters that String.trim() removes. */
const BLANK = characterClass('9-d 20 a0 1680 2000-200a 2028-2029 202f 205f 3000 feff');
const NUL = characterClass('0');

/** The inside of a character class that reads the same in ECMAScript (flag u), Python, Rust and RE2: from hexadecimal ranges. */
function characterClass(ranges: string): string {
  const character = (hex: string) =>
    hex.length > 4 ? String.fromCodePoint(Number.parseInt(hex, 16)) : `\\u${hex.padStart(4, '0')}`;
  return ranges
    .split(' ')
    .map((range) => range.split('-').map(character).join('-'))
    .join('');
}

const IS_INVISIBLE = new RegExp(`[${INVISIBLE}]`, 'u');
const ALL_INVISIBLE = new RegExp(`[${INVISIBLE}]`, 'gu');
const NO_NUL = `^[^${NUL}]*$`;

/** What the API description says of a key of an object: parseJsonText refuses others. */
export const KEY_SCHEMA = { pattern: NO_NUL, not: { const: '__proto__' } } as const;
/** What the API description says of any string: parseJsonText refuses others. */
export const STRING_SCHEMA = { type: 'string', pattern: NO_NUL } as const;

/** A schema for text of at most `max` characters. They are code points, as in JSON Schema, and not UTF-16 units. */
export function text(max: number): z.ZodString {
  return z
    .string()
    .check(({ value, issues }) => {
      if (value.length <= max || (value.length <= 2 * max && [...value].length <= max)) return;
      const message = `has more than ${max} characters`;
      issues.push({ code: 'too_big', origin: 'string', maximum: max, inclusive: true, input: value, message });
    })
    .refine((value) => !value.includes('\0'), 'contains a NUL character')
    .meta({ maxLength: max, pattern: NO_NUL });
}

/** A schema for text that is not blank. */
export function wordedText(max: number): z.ZodString {
  return text(max)
    .refine((value) => value.trim() !== '', 'says nothing')
    .meta({ minLength: 1, pattern: `^[^${NUL}]*[^${NUL}${BLANK}][^${NUL}]*$` });
}

/** A schema for names and ids: 1 to `max` characters, none of them invisible, no blank at either end. */
export function plainText(max: number): z.ZodString {
  return text(max)
    .min(1)
    .refine((value) => !IS_INVISIBLE.test(value), 'contains an invisible or control character')
    .refine((value) => value === value.trim(), 'starts or ends with white space')
    .meta({ pattern: `^[^${INVISIBLE}${BLANK}]([^${INVISIBLE}]*[^${INVISIBLE}${BLANK}])?$` });
}

/** A schema for a whole number in a query, `min` to `max`. */
export function integerText(min: number, max: number) {
  return z
    .string()
    .transform((value, context) => {
      const number = Number(value);
      if (/^-?\d{1,15}$/.test(value) && number >= min && number <= max) return number;
      context.addIssue({ code: 'custom', message: `is not a whole number from ${min} to ${max}` });
      return z.NEVER;
    })
    .meta({ override: { type: 'integer', minimum: min, maximum: max } });
}

/** Text of unknown origin, safe to show on one line of a terminal. */
export function onOneLine(shown: string): string {
  return shown.replaceAll(ALL_INVISIBLE, '\uFFFD');
}

/** Compares texts by UTF-16 code units, for `sort`: the same order on every machine, whatever its locale. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
