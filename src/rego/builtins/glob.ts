import type { BuiltinTable } from './builtin.ts';
import { stringOperand } from './operands.ts';

export const globBuiltins: BuiltinTable = {
  'glob.quote_meta': (pattern) => stringOperand(pattern, 1).replace(/[\\*?[\]{}]/g, '\\$&'),
  'regex.globs_match': (a, b) => intersect(parseGlob(stringOperand(a, 1)), parseGlob(stringOperand(b, 2))),
};

type Flag = '*' | '+' | undefined;

/** What one place of a text may be. */
interface Token {
  /** Code points; null for any. */
  runes: ReadonlySet<number> | null;
  flag: Flag;
}

/**
 * Whether some text matches both, as github.com/yashtewari/glob-intersection finds out, which OPA asks: it does not see
 * that two starred tokens may both stand for nothing. Each pair of places is looked at once, so that it stays polynomial.
 */
function intersect(a: readonly Token[], b: readonly Token[]): boolean {
  const known = new Map<string, boolean>();
  const normal = (i: number, j: number, swapped: boolean): boolean => {
    const key = `${i} ${j} ${swapped}`;
    const answer = known.get(key) ?? compute(i, j, swapped);
    known.set(key, answer);
    return answer;
  };
  const compute = (i: number, j: number, swapped: boolean): boolean => {
    const [left, right] = swapped ? [b, a] : [a, b];
    const [first, second] = [left[i], right[j]];
    if (first === undefined || second === undefined) return first === second;
    if (first.flag !== undefined) return flagged(i, j, swapped);
    if (second.flag !== undefined) return flagged(j, i, !swapped);
    return share(first, second) && normal(i + 1, j + 1, swapped);
  };
  /** The token at `i` has a flag. */
  const flagged = (i: number, j: number, swapped: boolean): boolean => {
    const [left, right] = swapped ? [b, a] : [a, b];
    const [first, second] = [left[i] as Token, right[j] as Token];
    if (first.flag === '*') return starred(i, j, swapped);
    if (!share(first, second)) return false;
    return starred(i, j + 1, swapped) || (second.flag !== undefined && normal(i + 1, j, swapped));
  };
  const starred = (i: number, from: number, swapped: boolean): boolean => {
    const [left, right] = swapped ? [b, a] : [a, b];
    const [star, next] = [left[i] as Token, left[i + 1]];
    for (let j = from; j < right.length; j++) {
      const other = right[j] as Token;
      if (next !== undefined && share(other, next) && normal(i + 1, j, swapped)) return true;
      if (!share(other, star)) return false;
    }
    return next === undefined;
  };
  return normal(0, 0, false);
}

function share({ runes: a }: Token, { runes: b }: Token): boolean {
  return a === null || b === null || [...a].some((rune) => b.has(rune));
}

function parseGlob(glob: string): Token[] {
  const reader = new GlobReader(glob);
  const tokens: Token[] = [];
  while (!reader.isAtEnd) tokens.push(reader.token());
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

  token(): Token {
    const runes = this.#place(this.#take());
    const flag = this.#runes[this.#at];
    if (flag !== '*' && flag !== '+') return { runes, flag: undefined };
    this.#at++;
    return { runes, flag };
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
