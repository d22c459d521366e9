import { Decimal, parseNumber, type RegoNumber, type RegoValue, regoObject } from '../value.ts';

/** As deep as Go's encoding/json nests. */
const MAX_DEPTH = 10_000;
/** The largest binary exponent of a number that OPA takes, plus or minus. */
const MAX_BINARY_EXPONENT = 100_000;

/** The value of a JSON text as OPA's json.unmarshal reads it. Throws Error with Go's text for what is not one. */
export function parseJsonText(text: string): RegoValue {
  const reader = new JsonReader(text);
  const value = reader.value();
  const fault = reader.numberFault;
  reader.requireEnd();
  if (fault !== undefined) throw new Error(`invalid number: ${fault}`);
  return value;
}

export function isJsonText(text: string): boolean {
  const reader = new JsonReader(text);
  try {
    reader.value();
  } catch {
    return false;
  }
  return reader.isAtEnd();
}

interface OpenArray {
  items: RegoValue[];
}
interface OpenObject {
  entries: [RegoValue, RegoValue][];
  key: string;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};
const WORDS: Readonly<Record<string, [word: string, value: RegoValue]>> = {
  t: ['true', true],
  f: ['false', false],
  n: ['null', null],
};

/** Reads values one after another, without recursion, because a text may nest deeper than the stack of JavaScript. */
class JsonReader {
  readonly #text: string;
  #at = 0;
  /** OPA's fault of the first number that it refuses. */
  numberFault: string | undefined = undefined;

  constructor(text: string) {
    this.#text = text;
  }

  isAtEnd(): boolean {
    this.#skipSpace();
    return this.#at === this.#text.length;
  }

  /** OPA looks at one more token after the value, and only refuses what is there if it is not `null`. */
  requireEnd(): void {
    if (this.isAtEnd()) return;
    const start = this.#text[this.#at] as string;
    if ('[{'.includes(start)) throw trailing(start);
    const value = this.value();
    if (value === null) return;
    throw trailing(typeof value === 'boolean' ? `%!s(bool=${value})` : tokenText(value));
  }

  value(): RegoValue {
    const open: (OpenArray | OpenObject)[] = [];
    for (;;) {
      let value = this.#scalarOrOpen(open);
      // Where a value ends, all that ends with it is closed.
      while (value !== undefined) {
        const parent = open.at(-1);
        if (parent === undefined) return value;
        value = this.#add(parent, value);
        if (value !== undefined) open.pop();
      }
    }
  }

  /** The next scalar or empty array or object; undefined where one opens whose first member is next. */
  #scalarOrOpen(open: (OpenArray | OpenObject)[]): RegoValue | undefined {
    const start = this.#next('looking for beginning of value');
    if (start === '[' || start === '{') return this.#emptyOrOpen(start, open);
    if (start === '"') return this.#string();
    const word = WORDS[start];
    if (word !== undefined) return this.#word(...word);
    if (start === '-' || isDigit(start)) return this.#number();
    throw this.#unexpected('looking for beginning of value');
  }

  #emptyOrOpen(start: '[' | '{', open: (OpenArray | OpenObject)[]): RegoValue | undefined {
    if (open.length === MAX_DEPTH) throw this.#unexpected('exceeded max depth');
    this.#at++;
    if (start === '[') {
      if (this.#skip(']')) return [];
      open.push({ items: [] });
    } else {
      if (this.#skip('}')) return {};
      open.push({ entries: [], key: this.#key() });
    }
    return undefined;
  }

  /** Adds a member; the whole array or object if that was the last. */
  #add(parent: OpenArray | OpenObject, value: RegoValue): RegoValue | undefined {
    if ('items' in parent) {
      parent.items.push(value);
      if (this.#skip(',')) return undefined;
      if (this.#skip(']')) return parent.items;
      throw this.#unexpected('after array element');
    }
    parent.entries.push([parent.key, value]);
    if (this.#skip(',')) {
      parent.key = this.#key();
      return undefined;
    }
    if (this.#skip('}')) return regoObject(parent.entries);
    throw this.#unexpected('after object key:value pair');
  }

  #key(): string {
    const start = this.#next('looking for beginning of object key string');
    if (start !== '"') throw this.#unexpected('looking for beginning of object key string');
    const key = this.#string();
    if (!this.#skip(':')) throw this.#unexpected('after object key');
    return key;
  }

  #word(word: string, value: RegoValue): RegoValue {
    for (const char of word) {
      if (this.#text[this.#at] !== char) throw this.#unexpected(`in literal ${word} (expecting '${char}')`);
      this.#at++;
    }
    return value;
  }

  /** A surrogate without its partner becomes U+FFFD. */
  #string(): string {
    this.#at++;
    let text = '';
    for (;;) {
      text += this.#plain();
      const char = this.#text[this.#at];
      if (char === '"') {
        this.#at++;
        return text.toWellFormed();
      }
      if (char !== '\\') throw this.#unexpected('in string literal');
      this.#at++;
      text += this.#escape();
    }
  }

  #escape(): string {
    const char = this.#text[this.#at];
    const escaped = char === undefined ? undefined : ESCAPES[char];
    if (char !== 'u' && escaped === undefined) throw this.#unexpected('in string escape code');
    this.#at++;
    if (escaped !== undefined) return escaped;
    const start = this.#at;
    while (this.#at < start + 4) {
      if (!/[\da-fA-F]/.test(this.#text[this.#at] ?? '')) {
        throw this.#unexpected('in \\u hexadecimal character escape');
      }
      this.#at++;
    }
    return String.fromCharCode(Number.parseInt(this.#text.slice(start, this.#at), 16));
  }

  #number(): RegoNumber {
    const start = this.#at;
    if (this.#text[this.#at] === '-') this.#at++;
    if (this.#text[this.#at] === '0') this.#at++;
    else this.#digits('in numeric literal');
    if (this.#text[this.#at] === '.') {
      this.#at++;
      this.#digits('after decimal point in numeric literal');
    }
    const hasExponent = 'eE'.includes(this.#text[this.#at] ?? ' ');
    if (hasExponent) {
      this.#at++;
      if ('-+'.includes(this.#text[this.#at] ?? ' ')) this.#at++;
      this.#digits('in exponent of numeric literal');
    }
    const text = this.#text.slice(start, this.#at);
    if (hasExponent) this.numberFault ??= numberFault(text);
    return parseNumber(text);
  }

  #digits(place: string): void {
    if (!isDigit(this.#text[this.#at] ?? '')) throw this.#unexpected(place);
    while (isDigit(this.#text[this.#at] ?? '')) this.#at++;
  }

  /** The next character that is not a space. */
  #next(place: string): string {
    this.#skipSpace();
    const char = this.#text[this.#at];
    if (char === undefined) throw this.#unexpected(place);
    return char;
  }

  #skip(wanted: string): boolean {
    this.#skipSpace();
    if (this.#text[this.#at] !== wanted) return false;
    this.#at++;
    return true;
  }

  #skipSpace(): void {
    while (isSpace(this.#text.charCodeAt(this.#at))) this.#at++;
  }

  /** What stands for itself in a string: neither quote, backslash nor control character. */
  #plain(): string {
    const start = this.#at;
    while (isPlain(this.#text.charCodeAt(this.#at))) this.#at++;
    return this.#text.slice(start, this.#at);
  }

  #unexpected(place: string): Error {
    const char = this.#text.codePointAt(this.#at);
    if (char !== undefined) return new Error(`invalid character ${quote(String.fromCodePoint(char))} ${place}`);
    return new Error(/[^ \t\r\n]/.test(this.#text) ? 'unexpected EOF' : 'EOF');
  }
}

function trailing(token: string): Error {
  return new Error(`error: invalid character '${token}' after top-level value`);
}

function tokenText(value: RegoValue): string {
  return value instanceof Decimal ? value.text : String(value);
}

/** Of a code unit, or NaN at the end of a text. */
function isSpace(unit: number): boolean {
  return unit === 0x20 || unit === 0x0a || unit === 0x0d || unit === 0x09;
}

/** Of a code unit, or NaN at the end of a text. */
function isPlain(unit: number): boolean {
  return unit >= 0x20 && unit !== QUOTE && unit !== BACKSLASH;
}

function isDigit(char: string): boolean {
  return char >= '0' && char <= '9';
}

/** Go names the byte, not the character: of one that is not ASCII, the first byte of its UTF-8. */
function quote(char: string): string {
  if (char === "'") return "'\\''";
  if (char === '"') return `'"'`;
  const byte = Buffer.from(char)[0] as number;
  const short = SHORT_ESCAPES[byte];
  if (short !== undefined) return `'${short}'`;
  if (byte < 0x20 || byte === 0x7f) return `'\\x${byte.toString(16).padStart(2, '0')}'`;
  return `'${String.fromCharCode(byte)}'`;
}

const SHORT_ESCAPES: Readonly<Record<number, string>> = {
  7: '\\a',
  8: '\\b',
  9: '\\t',
  10: '\\n',
  11: '\\v',
  12: '\\f',
  13: '\\r',
  92: '\\\\',
};

/** OPA's fault of a number with an exponent; it takes any other. */
function numberFault(text: string): string | undefined {
  const [, whole = '', fraction = '', exponent] = /^-?(\d+)(?:\.(\d+))?[eE]([-+]?\d+)$/.exec(text) ?? [];
  if (exponent === undefined) return undefined;
  if (Math.abs(Number(exponent)) > 2 ** 63) return 'invalid float';
  const digits = `${whole}${fraction}`.replace(/^0+/, '');
  if (digits === '') return undefined;
  const power = Number(exponent) - fraction.length;
  if (Math.abs(power) > 2 ** 31) return 'invalid float';
  const magnitude = Math.log2(Number(`0.${digits.slice(0, 30)}`)) + (power + digits.length) * Math.log2(10);
  return Math.abs(Math.floor(magnitude) + 1) > MAX_BINARY_EXPONENT ? 'number too big' : undefined;
}
