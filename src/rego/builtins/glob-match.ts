import { type RegoValue, regoTypeOf } from '../value.ts';
import type { BuiltinTable } from './builtin.ts';
import { type GlobNode, parseGlobPattern } from './glob-pattern.ts';
import { OperandError, operandTypeError, stringOperand } from './operands.ts';
import { PatternCache } from './pattern-cache.ts';

export const globMatchBuiltins: BuiltinTable = {
  'glob.match': (pattern, delimiters, text) => {
    const [glob, separators] = [stringOperand(pattern, 1), separatorsOperand(delimiters)];
    return matches(stringOperand(text, 3), glob, separators);
  },
};

/** Null for none; an empty array means a dot. */
function separatorsOperand(value: RegoValue): readonly string[] {
  if (value === null) return [];
  if (!Array.isArray(value)) throw operandTypeError(value, 2, 'array', 'null');
  if (value.length === 0) return ['.'];
  return value.map((separator) => {
    if (typeof separator !== 'string') throw elementError('strings', separator);
    const rune = String.fromCodePoint(separator.codePointAt(0) ?? 0);
    if (rune !== separator) throw elementError('runes', separator);
    return separator;
  });
}

function elementError(wanted: string, found: RegoValue): OperandError {
  return new OperandError(2, `must be array of ${wanted} but got array containing ${regoTypeOf(found)}`);
}

/**
 * Where a part of a pattern may end in a text that it enters at any of `starts`. Places are UTF-16 indexes between
 * characters, in order and each once. All of them are followed together, so that a match takes no longer than the text times
 * the pattern, whatever the pattern.
 */
type Part = (text: string, starts: readonly number[]) => readonly number[];

const cache = new PatternCache<Part>();

function matches(text: string, pattern: string, separators: readonly string[]): boolean {
  const key = `${separators.length} ${separators.join('')}${pattern}`;
  const part = cache.get(key, () => sequence(parseGlobPattern(pattern), new Set(separators.map(codeOf))));
  return part(text, [0]).at(-1) === text.length;
}

function sequence(nodes: readonly GlobNode[], separators: ReadonlySet<number>): Part {
  const parts = nodes.filter((node, index) => !repeats(node, nodes[index - 1])).map((node) => partOf(node, separators));
  const [only] = parts;
  if (only !== undefined && parts.length === 1) return only;
  return (text, starts) => {
    let places = starts;
    for (const part of parts) {
      if (places.length === 0) break;
      places = part(text, places);
    }
    return places;
  };
}

/** A run behind another of its kind takes nothing more. */
function repeats({ kind }: GlobNode, before: GlobNode | undefined): boolean {
  return (kind === 'any' || kind === 'super') && kind === before?.kind;
}

function partOf(node: GlobNode, separators: ReadonlySet<number>): Part {
  switch (node.kind) {
    case 'text':
      return literal(node.text);
    case 'one':
      return rune((code) => !separators.has(code));
    case 'any':
      return run(separators);
    case 'super':
      return run(new Set());
    case 'set':
      return rune((code) => node.runes.has(code) !== node.not);
    case 'range':
      return rune((code) => (node.low <= code && code <= node.high) !== node.not);
    case 'group':
      return anyOf(node.alternatives.map((alternative) => sequence(alternative, separators)));
  }
}

function literal(wanted: string): Part {
  return (text, starts) => {
    const ends: number[] = [];
    for (const start of starts) if (text.startsWith(wanted, start)) ends.push(start + wanted.length);
    return ends;
  };
}

function rune(isMember: (code: number) => boolean): Part {
  return (text, starts) => {
    const ends: number[] = [];
    for (const start of starts) {
      const code = text.codePointAt(start);
      if (code !== undefined && isMember(code)) ends.push(start + widthOf(code));
    }
    return ends;
  };
}

/** Any number of characters that are no separators. */
function run(separators: ReadonlySet<number>): Part {
  return (text, starts) => {
    const ends: number[] = [];
    let reached = -1;
    for (const start of starts) {
      if (start <= reached) continue;
      ends.push(start);
      reached = start;
      for (let code = text.codePointAt(reached); code !== undefined; code = text.codePointAt(reached)) {
        if (separators.has(code)) break;
        reached += widthOf(code);
        ends.push(reached);
      }
    }
    return ends;
  };
}

function anyOf(alternatives: readonly Part[]): Part {
  const [only] = alternatives;
  if (only !== undefined && alternatives.length === 1) return only;
  return (text, starts) => {
    const ends = alternatives.flatMap((alternative) => alternative(text, starts));
    return [...new Set(ends)].sort((a, b) => a - b);
  };
}

function codeOf(char: string): number {
  return char.codePointAt(0) ?? 0;
}

function widthOf(code: number): number {
  return code > 0xffff ? 2 : 1;
}
