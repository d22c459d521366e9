import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { integerText, onOneLine, plainText, text, wordedText } from './text.ts';

/** What JSON Schema says of text, of which `maxLength` counts code points. */
function fits(schema: z.ZodType, value: string): boolean {
  const { pattern = '', minLength = 0, maxLength = Infinity } = z.toJSONSchema(schema, { io: 'input' });
  const { length } = [...value];
  return new RegExp(pattern, 'u').test(value) && length >= minLength && length <= maxLength;
}

// Of every kind: letters, blanks, what does not show, in and beyond the first plane.
const character = fc.constantFrom(
  ...'aZ9é語😀',
  ' ',
  '\t',
  '\n',
  '\u00a0',
  '\u3000',
  '\u2028',
  '\ufeff',
  '\u200b',
  '\u00ad',
  '\u2800',
  '\u{1d173}',
  '\u{e0041}',
  '\u0000',
);
const anyText = fc.oneof(fc.string({ unit: character, maxLength: 6 }), fc.string({ unit: 'grapheme', maxLength: 6 }));

describe('the schemas of text', () => {
  it.each([
    ['plainText', plainText(4)],
    ['wordedText', wordedText(4)],
    ['text', text(4)],
  ])('%s accepts what the API description allows, and nothing else', (_name, schema) => {
    fc.assert(
      fc.property(anyText, (value) => {
        expect(schema.safeParse(value).success).toBe(fits(schema, value));
      }),
      { numRuns: 2000 },
    );
  });

  it('know as invisible what Unicode calls so, at each code point', () => {
    const properties = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]/u;
    const wrong = [];
    for (let point = 0; point < 0x110000; point++) {
      if (point >= 0xd800 && point < 0xe000) continue;
      const shown = String.fromCodePoint(point);
      // An older Node may not know the newest characters.
      const isKnown = !/\p{Cn}/u.test(shown) || properties.test(shown);
      if (isKnown && (onOneLine(shown) !== shown) !== properties.test(shown)) wrong.push(point.toString(16));
    }
    expect(wrong).toEqual([]);
  });

  it.each(['', ' 1', '1.0', '1e1', '0x1', '-2', '6', '+1', '١'])('%j is no number of a query from -1 to 5', (value) => {
    expect(integerText(-1, 5).safeParse(value).success).toBe(false);
  });

  it.each([-1, 0, 999_999_999, 999_999_999_999])('%i is a number of a query up to a million millions', (value) => {
    expect(integerText(-1, 999_999_999_999).parse(String(value))).toBe(value);
  });
});
