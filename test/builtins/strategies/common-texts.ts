import fc from 'fast-check';
import { anyText, plainText } from '../values.ts';

export const texts = fc.oneof(plainText, anyText);

/** A text, an array or a set of them. */
export const manyTexts = fc.oneof(
  texts,
  fc.array(plainText, { maxLength: 4 }),
  fc.array(plainText, { maxLength: 4 }).map((members) => new Set(members)),
);
