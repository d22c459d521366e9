import { z } from 'zod';

/** Any JSON value; one schema, so that the API describes it once. */
export const jsonValue = z.json().meta({ id: 'JsonValue' });

/** Control and format characters and line breaks: they let a name write a line of its own, or read as another name. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

/** A schema for names and ids: 1 to `max` characters, none of them invisible. */
export function plainText(max: number): z.ZodString {
  return z
    .string()
    .min(1)
    .max(max)
    .refine((text) => !INVISIBLE.test(text), 'holds an invisible or control character');
}

/** Text of unknown origin, safe to show on one line of a terminal. */
export function onOneLine(text: string): string {
  return text.replaceAll(new RegExp(INVISIBLE, 'gu'), '\uFFFD');
}
