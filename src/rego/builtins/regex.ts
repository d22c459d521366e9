import { RE2JS } from 're2js';
import type { BuiltinTable } from './builtin.ts';
import { goQuote } from './go-quote.ts';
import { compileRegex, type GoRegex, type Match, RegexSyntaxError } from './go-regex.ts';
import { WORD_CHARACTER } from './go-unicode.ts';
import { int64Operand, stringOperand } from './operands.ts';

/** Texts of all matches together. */
const MAX_SUBMATCHES = 1_000_000;

/** RE2 as in Go: linear in the text, whatever the pattern. */
export const regexBuiltins: BuiltinTable = {
  'regex.find_all_string_submatch_n': (pattern, text, limit) => {
    const [wanted, subject, count] = [stringOperand(pattern, 1), stringOperand(text, 2), int64Operand(limit, 3)];
    return findSubmatches(compileRegex(wanted), subject, count);
  },
  'regex.find_n': (pattern, text, limit) => {
    const [wanted, subject, count] = [stringOperand(pattern, 1), stringOperand(text, 2), int64Operand(limit, 3)];
    return compileRegex(wanted)
      .findAll(subject, count)
      .map(({ start, end }) => subject.slice(start, end));
  },
  'regex.is_valid': (pattern) => typeof pattern === 'string' && isRegex(pattern),
  'regex.match': (pattern, text) => {
    const [wanted, subject] = [stringOperand(pattern, 1), stringOperand(text, 2)];
    return compileRegex(wanted).test(subject);
  },
  'regex.replace': (text, pattern, replacement) => {
    const [subject, wanted, template] = [
      stringOperand(text, 1),
      stringOperand(pattern, 2),
      stringOperand(replacement, 3),
    ];
    return replace(subject, compileRegex(wanted), template);
  },
  'regex.split': (pattern, text) => {
    const [wanted, subject] = [stringOperand(pattern, 1), stringOperand(text, 2)];
    return split(compileRegex(wanted), subject);
  },
  'regex.template_match': (template, text, open, close) => {
    const [wanted, subject] = [stringOperand(template, 1), stringOperand(text, 2)];
    const [opening, closing] = [stringOperand(open, 3), stringOperand(close, 4)];
    const regex = templateRegex(wanted, oneByte('start', opening, opening), oneByte('end', closing, opening));
    return compileRegex(regex).test(subject);
  },
};

function isRegex(pattern: string): boolean {
  try {
    compileRegex(pattern);
    return true;
  } catch (error) {
    if (error instanceof RegexSyntaxError) return false;
    throw error;
  }
}

/** Of each match the text and those of its groups. */
function findSubmatches(regex: GoRegex, text: string, limit: bigint): string[][] {
  const width = regex.groupCount + 1;
  const matches = regex.findAll(text, limit);
  if (matches.length * width > MAX_SUBMATCHES) throw new Error(`more than ${MAX_SUBMATCHES} matches of groups`);
  return matches.map(({ group }) => Array.from({ length: width }, (_, index) => group(index)));
}

/** Go's Regexp.Split without a limit. */
function split(regex: GoRegex, text: string): string[] {
  if (text === '') return regex.pattern === '' ? [] : [''];
  const parts: string[] = [];
  let begin = 0;
  let end = 0;
  for (const match of regex.findAll(text)) {
    end = match.start;
    if (match.end !== 0) parts.push(text.slice(begin, end));
    begin = match.end;
  }
  if (end !== text.length) parts.push(text.slice(begin));
  return parts;
}

function replace(text: string, regex: GoRegex, template: string): string {
  let out = '';
  let last = 0;
  for (const match of regex.findAll(text)) {
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

/** OPA's error tells the length of `opening` for either delimiter. */
function oneByte(which: string, delimiter: string, opening: string): string {
  if (Buffer.byteLength(delimiter, 'utf8') === 1) return delimiter;
  const length = Buffer.byteLength(opening, 'utf8');
  throw new Error(`${which} delimiter has to be exactly one character long but is ${length} long`);
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
