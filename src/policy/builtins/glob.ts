import type { BuiltinTable } from './builtin.ts';
import { stringOperand } from './operands.ts';

export const globBuiltins: BuiltinTable = {
  'glob.quote_meta': (pattern) => stringOperand(pattern, 1).replace(/[\\*?[\]{}]/g, '\\$&'),
  'regex.globs_match': (a, b) => intersect(parseGlob(stringOperand(a, 1)), parseGlob(stringOperand(b, 2))),
};

/** What one place of a text may be. */
interface Token {
  /** Code points; null for any. */
  runes: ReadonlySet<number> | null;
  /** Also nothing, or more of the same. */
  isStar: boolean;
}

/** Whether any text matches both; a table of the places in both keeps it from trying the same twice. */
function intersect(a: readonly Token[], b: readonly Token[]): boolean {
  const seen = new Set<number>();
  const open: Place[] = [[0, 0]];
  for (let place = open.pop(); place !== undefined; place = open.pop()) {
    const [i, j] = place;
    const key = i * (b.length + 1) + j;
    if (i === a.length && j === b.length) return true;
    if (!seen.has(key)) open.push(...onward(place, a[i], b[j]));
    seen.add(key);
  }
  return false;
}

/** How far two patterns have been matched. */
type Place = [a: number, b: number];

function onward([i, j]: Place, a: Token | undefined, b: Token | undefined): Place[] {
  const places: Place[] = [];
  if (a?.isStar) places.push([i + 1, j]);
  if (b?.isStar) places.push([i, j + 1]);
  if (a && b && share(a, b)) places.push([a.isStar ? i : i + 1, b.isStar ? j : j + 1]);
  return places;
}

function share({ runes: a }: Token, { runes: b }: Token): boolean {
  return a === null || b === null || [...a].some((rune) => b.has(rune));
}

function parseGlob(glob: string): Token[] {
  const reader = new GlobReader(glob);
  const tokens: Token[] = [];
  while (!reader.isAtEnd) tokens.push(...reader.token());
  return tokens;
}

/** The small language of regex.globs_match: literals, `.`, `[a-z]`, each with `*` or `+`, and `\` before a literal. */
class GlobReader {
  readonly #glob: string;
  readonly #runes: readonly string[];
  #at = 0;

  constructor(glob: string) {
    this.#glob = glob;
    this.#runes = [...glob];
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#runes.length;
  }

  token(): Token[] {
    const runes = this.#place(this.#take());
    const flag = this.#runes[this.#at];
    if (flag !== '*' && flag !== '+') return [{ runes, isStar: false }];
    this.#at++;
    const star = { runes, isStar: true };
    return flag === '*' ? [star] : [{ runes, isStar: false }, star];
  }

  #place({ rune, isEscaped }: Rune): Token['runes'] {
    if (isEscaped) return new Set([codeOf(rune)]);
    if (rune === '.') return null;
    if (rune === '[') return this.#set();
    if (rune === ']') throw this.#fault("set-close ']' with no preceding '['");
    if (rune === '*' || rune === '+') throw this.#fault(`flag '${rune}' must be preceded by a non-flag`);
    return new Set([codeOf(rune)]);
  }

  #set(): ReadonlySet<number> {
    const members = new Set<number>();
    let previous: number | undefined;
    while (!this.isAtEnd) {
      const { rune, isEscaped } = this.#take();
      if (!isEscaped && rune === ']') return members;
      if (!isEscaped && rune === '-') {
        for (const code of this.#range(previous)) members.add(code);
        previous = undefined;
      } else {
        previous = codeOf(rune);
        members.add(previous);
      }
    }
    throw this.#fault('found [ without matching ]');
  }

  #range(first: number | undefined): number[] {
    if (first === undefined) throw this.#fault("range character '-' must be preceded by a Unicode character");
    if (this.#at >= this.#runes.length - 1) {
      throw this.#fault("range character '-' must be followed by a Unicode character");
    }
    const { rune, isEscaped } = this.#take();
    if (!isEscaped && (rune === ']' || rune === '-')) {
      throw this.#fault("range character '-' cannot be followed by a special symbol");
    }
    const length = codeOf(rune) - first + 1;
    if (length > 0) return Array.from({ length }, (_, index) => first + index);
    throw this.#fault(`range is out of order: '${rune}' comes before '${String.fromCodePoint(first)}' in Unicode`);
  }

  #take(): Rune {
    const rune = this.#runes[this.#at] ?? '';
    const isEscaped = rune === '\\';
    if (isEscaped && this.#at === this.#runes.length - 1) throw this.#fault('input ends with a \\ (escape) character');
    this.#at += isEscaped ? 2 : 1;
    return { rune: this.#runes[this.#at - 1] ?? '', isEscaped };
  }

  #fault(message: string): Error {
    return new Error(`input:${this.#glob}, pos:${this.#at}, ${message}: the input provided is invalid`);
  }
}

interface Rune {
  rune: string;
  isEscaped: boolean;
}

function codeOf(rune: string): number {
  return rune.codePointAt(0) ?? 0;
}
