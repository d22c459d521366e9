import type { RegoValue } from '../rego-value.ts';
import type { BuiltinTable } from './builtin.ts';
import { renderTemplate } from './go-template.ts';
import { integerOperand, objectOperand, operandTypeError, stringOperand, stringsOperand } from './operands.ts';

export const stringBuiltins: BuiltinTable = {
  'strings.any_prefix_match': (search, base) => anyMatch(search, base, (text, affix) => text.startsWith(affix)),
  'strings.any_suffix_match': (search, base) => anyMatch(search, base, (text, affix) => text.endsWith(affix)),
  'strings.count': (search, substring) => count(stringOperand(search, 1), stringOperand(substring, 2)),
  'strings.render_template': (template, variables) =>
    renderTemplate(stringOperand(template, 1), objectOperand(variables, 2)),
  'strings.split_n': (text, delimiter, count) =>
    splitN(stringOperand(text, 1), stringOperand(delimiter, 2), integerOperand(count, 3)),
  indexof_n: (text, search) => indexOfN(stringOperand(text, 1), stringOperand(search, 2)),
};

function anyMatch(search: RegoValue, base: RegoValue, matches: (text: string, affix: string) => boolean): boolean {
  const texts = oneOrMany(search, 1);
  const affixes = oneOrMany(base, 2);
  return texts.some((text) => affixes.some((affix) => matches(text, affix)));
}

function oneOrMany(value: RegoValue, position: number): string[] {
  if (typeof value === 'string') return [value];
  const isCollection = Array.isArray(value) || value instanceof Set;
  if (!isCollection) throw operandTypeError(value, position, 'string', 'set', 'array');
  return stringsOperand(value, position);
}

/** As Go counts: no overlaps, and an empty string lies between any two runes and at both ends. */
function count(text: string, substring: string): number {
  return substring === '' ? [...text].length + 1 : text.split(substring).length - 1;
}

/** The first `count` parts, or for a negative count the last. */
function splitN(text: string, delimiter: string, count: bigint): string[] {
  const parts = delimiter === '' ? [...text] : text.split(delimiter);
  const kept = Number(count);
  return kept < 0 ? parts.slice(kept) : parts.slice(0, kept);
}

/** Where a string begins in another, in runes, overlaps included. */
function indexOfN(text: string, search: string): number[] {
  if (search === '') throw new Error('empty search character');
  const found: number[] = [];
  let runes = 0;
  let unit = 0;
  for (const rune of text) {
    if (text.startsWith(search, unit)) found.push(runes);
    runes++;
    unit += rune.length;
  }
  return found;
}
