import type { BuiltinTable } from './builtin.ts';
import { stringOperand } from './operands.ts';

export const trimBuiltins: BuiltinTable = {
  trim: (text, cutset) => trimRunes(stringOperand(text, 1), stringOperand(cutset, 2)),
  trim_left: (text, cutset) => trimRunes(stringOperand(text, 1), stringOperand(cutset, 2), 'left'),
  trim_prefix: (text, prefix) => withoutPrefix(stringOperand(text, 1), stringOperand(prefix, 2)),
  trim_right: (text, cutset) => trimRunes(stringOperand(text, 1), stringOperand(cutset, 2), 'right'),
  trim_space: (text) => trimRunes(stringOperand(text, 1), WHITE_SPACE),
  trim_suffix: (text, suffix) => withoutSuffix(stringOperand(text, 1), stringOperand(suffix, 2)),
};

/** Go's unicode.IsSpace: with U+0085, which JavaScript's trim leaves, and without U+FEFF, which it takes. */
const WHITE_SPACE =
  '\t\n\v\f\r \u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000';

/** Without the runes of the cutset at its ends. */
function trimRunes(text: string, cutset: string, side: 'left' | 'right' | 'both' = 'both'): string {
  const runes = new Set(cutset);
  let [start, end] = [0, text.length];
  while (side !== 'right' && start < end) {
    const rune = String.fromCodePoint(text.codePointAt(start) ?? 0);
    if (!runes.has(rune)) break;
    start += rune.length;
  }
  while (side !== 'left' && start < end) {
    const rune = lastRune(text, end);
    if (!runes.has(rune)) break;
    end -= rune.length;
  }
  return text.slice(start, end);
}

function lastRune(text: string, end: number): string {
  const pair = text.slice(Math.max(end - 2, 0), end);
  return (pair.codePointAt(0) ?? 0) > 0xffff ? pair : pair.slice(-1);
}

function withoutPrefix(text: string, prefix: string): string {
  return text.startsWith(prefix) ? text.slice(prefix.length) : text;
}

function withoutSuffix(text: string, suffix: string): string {
  return text.endsWith(suffix) ? text.slice(0, text.length - suffix.length) : text;
}
