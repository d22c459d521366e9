import { compareRego, type RegoValue } from '../value.ts';
import type { BuiltinTable } from './builtin.ts';
import { renderTemplate } from './go-template.ts';
import { int64Operand, objectOperand, operandTypeError, stringOperand, stringsOperand } from './operands.ts';
import { assertTextLength } from './text-bound.ts';

export const stringBuiltins: BuiltinTable = {
  concat: (separator, members) => concat(stringOperand(separator, 1), members),
  contains: (text, part) => stringOperand(text, 1).includes(stringOperand(part, 2)),
  endswith: (text, suffix) => stringOperand(text, 1).endsWith(stringOperand(suffix, 2)),
  indexof: (text, search) => indexOf(stringOperand(text, 1), stringOperand(search, 2)),
  indexof_n: (text, search) => indexOfN(stringOperand(text, 1), stringOperand(search, 2)),
  split: (text, delimiter) => split(stringOperand(text, 1), stringOperand(delimiter, 2)),
  startswith: (text, prefix) => stringOperand(text, 1).startsWith(stringOperand(prefix, 2)),
  'strings.any_prefix_match': (search, base) => anyMatch(search, base, (text, affix) => text.startsWith(affix)),
  'strings.any_suffix_match': (search, base) => anyMatch(search, base, (text, affix) => text.endsWith(affix)),
  'strings.count': (search, substring) => count(stringOperand(search, 1), stringOperand(substring, 2)),
  'strings.render_template': (template, variables) =>
    renderTemplate(stringOperand(template, 1), objectOperand(variables, 2)),
  'strings.reverse': (text) => [...stringOperand(text, 1)].reverse().join(''),
  'strings.split_n': (text, delimiter, count) =>
    splitN(stringOperand(text, 1), stringOperand(delimiter, 2), int64Operand(count, 3)),
  substring: (text, offset, length) =>
    substring(stringOperand(text, 1), int64Operand(offset, 2), int64Operand(length, 3)),
};

/** The members of a set in Rego's order. */
function concat(separator: string, members: RegoValue): string {
  const texts = stringsOperand(members instanceof Set ? new Set([...members].sort(compareRego)) : members, 2);
  const length = texts.reduce((sum, text) => sum + text.length, separator.length * Math.max(texts.length - 1, 0));
  assertTextLength(length);
  return texts.join(separator);
}

/** Where a string begins in another, in runes; -1 if nowhere. */
function indexOf(text: string, search: string): number {
  if (search === '') throw new Error('empty search character');
  const unit = text.indexOf(search);
  return unit < 0 ? -1 : runeCount(text.slice(0, unit));
}

function runeCount(text: string): number {
  let runes = 0;
  for (const _ of text) runes++;
  return runes;
}

/** A part by runes; a negative length takes all that follows. */
function substring(text: string, offset: bigint, length: bigint): string {
  if (offset < 0n) throw new Error('negative offset');
  const end = length < 0n ? text.length : Number(offset + length);
  const isAscii = !/\P{ASCII}/u.test(text);
  return isAscii ? text.slice(Number(offset), end) : [...text].slice(Number(offset), end).join('');
}

function split(text: string, delimiter: string): string[] {
  return delimiter === '' ? [...text] : text.split(delimiter);
}

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
  return substring === '' ? runeCount(text) + 1 : text.split(substring).length - 1;
}

/** The first `count` parts, or for a negative count the last. */
function splitN(text: string, delimiter: string, count: bigint): string[] {
  const parts = split(text, delimiter);
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
