import type { BuiltinTable } from './builtin.ts';
import { isNewerThanGo, NEWER_CHARACTERS } from './go-unicode.ts';
import { stringOperand } from './operands.ts';

/** Go maps each rune to one rune, and in no context; JavaScript knows `SS` for `ß` and two small sigmas. */
export const letterCaseBuiltins: BuiltinTable = {
  lower: (text) => map(stringOperand(text, 1), NOT_LOWERED_ALIKE, lowerRune, (all) => all.toLowerCase()),
  upper: (text) => map(stringOperand(text, 1), NOT_RAISED_ALIKE, upperRune, (all) => all.toUpperCase()),
};

/** What JavaScript maps otherwise than Go, or may. */
const NOT_LOWERED_ALIKE = new RegExp(String.raw`[\u0130\u03a3${NEWER_CHARACTERS}]`, 'u');
const NOT_RAISED_ALIKE = new RegExp(
  String.raw`[\u00df\u0149\u019b\u01f0\u0264\u0390\u03b0\u0587\ua7d3\ua7d5\u{1e96}-\u{1e9a}\u{1f50}-\u{1fff}\u{fb00}-\u{fb17}${NEWER_CHARACTERS}]`,
  'u',
);

function map(text: string, special: RegExp, mapRune: (rune: string) => string, mapAll: (text: string) => string) {
  return special.test(text) ? text.replace(/\P{ASCII}/gu, mapRune).replace(/\p{ASCII}+/gu, mapAll) : mapAll(text);
}

function lowerRune(rune: string): string {
  return rune === 'İ' ? 'i' : knownMapping(rune, rune.toLowerCase());
}

function upperRune(rune: string): string {
  return knownMapping(rune, GREEK_WITH_IOTA.test(rune) ? withIotaBeside(rune) : rune.toUpperCase());
}

/** JavaScript makes two capitals of these, Unicode one as well: eight or nine places behind. */
const GREEK_WITH_IOTA = /[\u1f80-\u1f87\u1f90-\u1f97\u1fa0-\u1fa7\u1fb3\u1fc3\u1ff3]/;

function withIotaBeside(rune: string): string {
  const code = rune.charCodeAt(0);
  return String.fromCharCode(code + (code < 0x1fb0 ? 8 : 9));
}

/** What a rune is mapped to if that is one rune and Go knows both, or else the rune itself. */
function knownMapping(rune: string, mapped: string): string {
  const isOne = mapped.length === 1 || (mapped.length === 2 && (mapped.codePointAt(0) ?? 0) > 0xffff);
  return isOne && !isNewerThanGo(rune) && !isNewerThanGo(mapped) ? mapped : rune;
}
