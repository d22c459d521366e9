import { RE2JS, RE2JSSyntaxException } from 're2js';
import { translateGoRegex } from './go-regex-syntax.ts';
import { withoutNewerCharacters } from './go-unicode.ts';
import { PatternCache } from './pattern-cache.ts';

export interface Match {
  start: number;
  end: number;
  /** By number; a group that took no part is ''. */
  group(index: number): string;
  /** The first group of that name that took part; '' if none did. */
  named(name: string): string;
}

/** What is no pattern, in Go's words. */
export class RegexSyntaxError extends Error {
  override readonly name = 'RegexSyntaxError';
}

const cache = new PatternCache<GoRegex>();

/** Throws RegexSyntaxError. */
export function compileRegex(pattern: string): GoRegex {
  return cache.get(pattern, () => new GoRegex(pattern));
}

/** What a pattern may say of characters that are not in it by itself. */
const UNICODE = /\\[pP]|\(\?[a-zA-Z]*i/;
/** Ranges, or what may be one, of which some member may be a character that Go does not know. */
const WIDE_RANGE = /\\x|\P{ASCII}-|-\P{ASCII}/u;

/** A pattern as Go's package regexp takes it: linear in the text, whatever the pattern. Places are UTF-16 indexes. */
export class GoRegex {
  readonly pattern: string;
  readonly #regex: RE2JS;
  readonly #names: ReadonlyMap<string, readonly number[]>;
  readonly #isOfUnicode: boolean;

  constructor(pattern: string) {
    this.pattern = pattern;
    this.#isOfUnicode =
      UNICODE.test(pattern) && !WIDE_RANGE.test(pattern) && withoutNewerCharacters(pattern) === pattern;
    const { pattern: translated, names, restored } = translateGoRegex(pattern);
    this.#names = names;
    try {
      this.#regex = RE2JS.compile(translated);
    } catch (error) {
      if (!(error instanceof RE2JSSyntaxException)) throw error;
      throw new RegexSyntaxError(restored(goMessage(error, translated)));
    }
  }

  get groupCount(): number {
    return this.#regex.groupCount();
  }

  test(text: string): boolean {
    return this.#regex.test(this.#subject(text));
  }

  /** Go's FindAll: no overlaps, and no empty match right behind another match. A negative limit is none. */
  findAll(text: string, limit = -1n): Match[] {
    const found: Match[] = [];
    const matcher = this.#regex.matcher(this.#subject(text));
    let position = 0;
    let previousEnd = -1;
    while (position <= text.length && (limit < 0n || found.length < limit) && matcher.find(position)) {
      const [start, end] = [matcher.start(), matcher.end()];
      if (end > start || start !== previousEnd) found.push(this.#snapshot(text, matcher));
      previousEnd = end;
      position = end > start ? end : end + widthAt(text, end);
    }
    return found;
  }

  #snapshot(text: string, matcher: ReturnType<RE2JS['matcher']>): Match {
    const groups = Array.from({ length: this.groupCount + 1 }, (_, index) => {
      const start = matcher.start(index);
      return start < 0 ? undefined : text.slice(start, matcher.end(index));
    });
    return {
      start: matcher.start(),
      end: matcher.end(),
      group: (index) => groups[index] ?? '',
      named: (name) => {
        const number = this.#names.get(name)?.find((each) => groups[each] !== undefined);
        return number === undefined ? '' : (groups[number] ?? '');
      },
    };
  }

  /** To Go, a character of a later Unicode is one that nobody has assigned. */
  #subject(text: string): string {
    return this.#isOfUnicode ? withoutNewerCharacters(text) : text;
  }
}

/** Go always shows an expression: RE2JS leaves out the whole pattern, and the nothing behind a backslash. */
function goMessage({ message, error, input }: RE2JSSyntaxException, pattern: string): string {
  if (input) return message;
  return `${message}: \`${error.startsWith('trailing backslash') ? '' : pattern}\``;
}

/** A surrogate pair is one rune, and so one step. */
function widthAt(text: string, index: number): number {
  return (text.codePointAt(index) ?? 0) > 0xffff ? 2 : 1;
}
