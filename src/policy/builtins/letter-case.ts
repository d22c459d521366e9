import type { BuiltinTable } from './builtin.ts';
import { isNewerThanGo } from './go-unicode.ts';
import { stringOperand } from './operands.ts';

/** Go maps each rune to one rune, and in no context; JavaScript knows `SS` for `ß` and two small sigmas. */
export const letterCaseBuiltins: BuiltinTable = {
  lower: (text) => mapRunes(stringOperand(text, 1), lowerRune, (all) => all.toLowerCase()),
  upper: (text) => mapRunes(stringOperand(text, 1), upperRune, (all) => all.toUpperCase()),
};

const NOT_ASCII = /\P{ASCII}/u;
const EACH_NOT_ASCII = /\P{ASCII}/gu;

function mapRunes(text: string, map: (rune: string) => string, mapAscii: (text: string) => string): string {
  if (!NOT_ASCII.test(text)) return mapAscii(text);
  return text.replace(/\p{ASCII}+/gu, mapAscii).replace(EACH_NOT_ASCII, map);
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
