import { type RegoObject, sortedEntries } from '../value.ts';
import type { BuiltinTable } from './builtin.ts';
import { binaryOf, decodeUtf8 } from './go-encoding.ts';
import { OperandError, objectOperand, stringOperand } from './operands.ts';
import { assertTextLength } from './text-bound.ts';

export const replaceBuiltins: BuiltinTable = {
  replace: (text, old, replacement) =>
    replaceOne(stringOperand(text, 1), stringOperand(old, 2), stringOperand(replacement, 3)),
  'strings.replace_n': (patterns, text) => replaceMany(objectOperand(patterns, 1), stringOperand(text, 2)),
};

function replaceOne(text: string, old: string, replacement: string): string {
  if (old === '') return replaceWithBetween(text, new Map([['', replacement]]));
  const parts = text.split(old);
  assertTextLength(text.length + (parts.length - 1) * (replacement.length - old.length));
  return parts.join(replacement);
}

/** Go's strings.Replacer: of the texts that fit at a place, the first in Rego's order is replaced. */
function replaceMany(patterns: RegoObject, text: string): string {
  const replacements = new Map(
    sortedEntries(patterns).map(([old, replacement]) => {
      if (typeof old !== 'string') throw new OperandError(1, 'non-string key found in pattern object');
      if (typeof replacement !== 'string') throw new OperandError(1, 'non-string value found in pattern object');
      return [old, replacement];
    }),
  );
  if (replacements.size === 0) return text;
  return replacements.has('') ? replaceWithBetween(text, replacements) : replaceMatches(text, replacements);
}

/** The earlier key wins. No key is empty. */
function replaceMatches(text: string, replacements: ReadonlyMap<string, string>): string {
  let length = text.length;
  return text.replace(anyOf(replacements.keys()), (old) => {
    const replacement = replacements.get(old) ?? '';
    length += replacement.length - old.length;
    assertTextLength(length);
    return replacement;
  });
}

/**
 * The replacement of the empty text stands at both ends and between what is replaced and what stays. Go takes what stays
 * byte by byte, so that a character that is not ASCII comes apart.
 */
function replaceWithBetween(text: string, replacements: ReadonlyMap<string, string>): string {
  const binary = new Map([...replacements].map((pair) => [binaryOf(pair[0]), binaryOf(pair[1])]));
  const between = binary.get('') ?? '';
  binary.delete('');
  const pieces = [between];
  let length = between.length;
  for (const [piece] of binaryOf(text).matchAll(anyOf(binary.keys(), '.'))) {
    const replaced = binary.get(piece) ?? piece;
    pieces.push(replaced, between);
    length += replaced.length + between.length;
    assertTextLength(length);
  }
  return decodeUtf8(Buffer.from(pieces.join(''), 'latin1'));
}

/** One of the texts, the first that fits, or else of the pattern. */
function anyOf(texts: Iterable<string>, pattern?: string): RegExp {
  const literals = Array.from(texts, (text) => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
  return new RegExp((pattern === undefined ? literals : [...literals, pattern]).join('|'), 'gs');
}
