import { z } from 'zod';

/** Controls, line breaks and what does not show: with them a name writes a line of its own, or reads as another. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]/u;

/** A schema for names and ids: 1 to `max` characters, none of them invisible, no blank at either end. */
export function plainText(max: number): z.ZodString {
  return z
    .string()
    .min(1)
    .max(max)
    .refine((text) => !INVISIBLE.test(text), 'holds an invisible or control character')
    .refine((text) => text === text.trim(), 'begins or ends with a blank');
}

/** Text of unknown origin, safe to show on one line of a terminal. */
export function onOneLine(text: string): string {
  return text.replaceAll(new RegExp(INVISIBLE, 'gu'), '\uFFFD');
}
