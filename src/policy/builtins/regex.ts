import { RE2JS } from 're2js';
import type { BuiltinTable } from './builtin.ts';
import { WORD_CHARACTER } from './go-unicode.ts';
import { integerOperand, stringOperand } from './operands.ts';
import { goQuote } from './sprintf.ts';

/** Compiled patterns, the latest last: policies use few, and input must not fill the memory with them. */
const MAX_CACHED = 100;
const cache = new Map<string, RE2JS>();

interface Match {
  start: number;
  end: number;
  /** By number; a group that took no part is ''. */
  group(index: number): string;
  named(name: string): string;
}

/** RE2 as in Go: linear in the text, whatever the pattern. */
export const regexBuiltins: BuiltinTable = {
  'regex.find_n': (pattern, text, limit) => {
    const [regex, subject] = [compileRegex(stringOperand(pattern, 1)), stringOperand(text, 2)];
    const wanted = integerOperand(limit, 3);
    return findAll(regex, subject, wanted).map(({ start, end }) => subject.slice(start, end));
  },
  'regex.replace': (text, pattern, replacement) =>
    replace(stringOperand(text, 1), compileRegex(stringOperand(pattern, 2)), stringOperand(replacement, 3)),
  'regex.split': (pattern, text) => split(compileRegex(stringOperand(pattern, 1)), stringOperand(text, 2)),
  'regex.template_match': (template, text, open, close) => {
    const [subject, opening, closing] = [stringOperand(text, 2), stringOperand(open, 3), stringOperand(close, 4)];
    const regex = templateRegex(stringOperand(template, 1), oneByte('start', opening), oneByte('end', closing));
    return compileRegex(regex).matcher(subject).find();
  },
};

/** Throws Error with Go's message for what is no pattern. */
export function compileRegex(pattern: string): RE2JS {
  const regex = cache.get(pattern) ?? compileAnew(pattern);
  cache.delete(pattern);
  cache.set(pattern, regex);
  const oldest = cache.keys().next().value;
  if (cache.size > MAX_CACHED && oldest !== undefined) cache.delete(oldest);
  return regex;
}

const PATTERN_PART = /\\Q.*?(?:\\E|$)|\\.|\[\^?\]?(?:\[:\^?\w+:\]|\\.|[^\]\\])*(?:\]|$)|\(\?P?<(\w+)>|\((?!\?)/gs;

/** The numbers of the groups of each name, for patterns in which two groups have one name. */
const repeatedNames = new WeakMap<RE2JS, ReadonlyMap<string, readonly number[]>>();

function compileAnew(pattern: string): RE2JS {
  try {
    return RE2JS.compile(pattern);
  } catch (error) {
    if (!(error as Error).message.includes('duplicate capture group name')) throw error;
    return compileRepeated(pattern);
  }
}

/** Go lets two groups have one name; the library does not, so that the second gets none. */
function compileRepeated(pattern: string): RE2JS {
  const groups = new Map<string, number[]>();
  let count = 0;
  const unambiguous = pattern.replace(PATTERN_PART, (part, name?: string) => {
    if (part.startsWith('(')) count++;
    if (name === undefined) return part;
    const numbers = groups.get(name) ?? [];
    groups.set(name, [...numbers, count]);
    return numbers.length === 0 ? part : '(';
  });
  const regex = RE2JS.compile(unambiguous);
  repeatedNames.set(regex, groups);
  return regex;
}

/** Go's FindAll: no overlaps, and no empty match right behind another match. A negative limit is none. */
function findAll(regex: RE2JS, text: string, limit = -1n): Match[] {
  const found: Match[] = [];
  const matcher = regex.matcher(text);
  let position = 0;
  let previousEnd = -1;
  while (position <= text.length && (limit < 0n || found.length < limit) && matcher.find(position)) {
    const [start, end] = [matcher.start(), matcher.end()];
    if (end > start || start !== previousEnd) found.push(snapshot(matcher, regex));
    previousEnd = end;
    position = end > start ? end : end + widthAt(text, end);
  }
  return found;
}

function snapshot(matcher: ReturnType<RE2JS['matcher']>, regex: RE2JS): Match {
  const groups = Array.from({ length: matcher.groupCount() + 1 }, (_, index) => matcher.group(index));
  const names: Readonly<Record<string, number>> = regex.namedGroups();
  const numbersOf = (name: string) => repeatedNames.get(regex)?.get(name) ?? [names[name] ?? -1];
  return {
    start: matcher.start(),
    end: matcher.end(),
    group: (index) => groups[index] ?? '',
    named: (name) =>
      numbersOf(name)
        .map((index) => groups[index])
        .find((group) => group != null) ?? '',
  };
}

/** A surrogate pair is one rune, and so one step. */
function widthAt(text: string, index: number): number {
  return (text.codePointAt(index) ?? 0) > 0xffff ? 2 : 1;
}

/** Go's Regexp.Split without a limit. */
function split(regex: RE2JS, text: string): string[] {
  if (text === '') return regex.pattern() === '' ? [] : [''];
  const parts: string[] = [];
  let begin = 0;
  let end = 0;
  for (const match of findAll(regex, text)) {
    end = match.start;
    if (match.end !== 0) parts.push(text.slice(begin, end));
    begin = match.end;
  }
  if (end !== text.length) parts.push(text.slice(begin));
  return parts;
}

function replace(text: string, regex: RE2JS, template: string): string {
  let out = '';
  let last = 0;
  for (const match of findAll(regex, text)) {
    out += text.slice(last, match.start) + expand(template, match);
    last = match.end;
  }
  return out + text.slice(last);
}

const NAME = `(?:${WORD_CHARACTER})+`;
const REFERENCE = new RegExp(`\\$(?:\\$|\\{(${NAME})\\}|(${NAME}))`, 'gu');

/** Go's Regexp.Expand: `$1`, `$name`, `${name}` (the longest name that fits) and `$$`; what is no group is empty. */
function expand(template: string, match: Match): string {
  return template.replace(REFERENCE, (whole, braced, bare) => {
    const name: string = braced ?? bare ?? '';
    if (whole === '$$') return '$';
    return /^(?:0|[1-9]\d{0,8})$/.test(name) ? match.group(Number(name)) : match.named(name);
  });
}

function oneByte(which: string, delimiter: string): string {
  const length = Buffer.byteLength(delimiter, 'utf8');
  if (length !== 1) throw new Error(`${which} delimiter has to be exactly one character long but is ${length} long`);
  return delimiter;
}

/** The pattern of a template whose outermost delimited parts are patterns and whose rest is literal. */
function templateRegex(template: string, open: string, close: string): string {
  let [pattern, depth, literalFrom, partFrom] = ['^', 0, 0, 0];
  for (const [index, char] of [...template.matchAll(/./gsu)].map((each) => [each.index, each[0]] as const)) {
    if (char === open && ++depth === 1) partFrom = index;
    else if (char === close && char !== open && --depth === 0) {
      const part = template.slice(partFrom + 1, index);
      compileRegex(`^${part}$`);
      pattern += `${RE2JS.quote(template.slice(literalFrom, partFrom))}(${part})`;
      literalFrom = index + 1;
    }
    if (depth < 0) break;
  }
  if (depth !== 0) throw new Error(`unbalanced braces in ${goQuote(template)}`);
  return `${pattern}${RE2JS.quote(template.slice(literalFrom))}$`;
}
