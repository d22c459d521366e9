import { Decimal, formatRegoSorted, type RegoValue } from '../value.ts';
import type { BuiltinTable } from './builtin.ts';
import { goQuote } from './go-quote.ts';
import { isPrintable } from './go-unicode.ts';
import { arrayOperand, stringOperand } from './operands.ts';

/** What OPA hands to Go's `fmt.Sprintf`: v1/topdown/strings.go. Whatever is no number or string is its Rego text. */
export type GoValue = (
  | { type: 'int64' | '*big.Int'; value: bigint }
  | { type: 'float64'; value: number }
  | { type: 'string'; value: string }
) & {
  /** What `%T` says, where that is another type of the same kind. */
  name?: string;
};

/** Flags, width and precision of a directive. */
interface Directive {
  verb: string;
  flags: ReadonlySet<string>;
  /** `%#v`: the value as it would stand in Go. `#` and `+` mean nothing else to `%v`, but to a *big.Int. */
  isSyntax: boolean;
  width: number | undefined;
  precision: number | undefined;
}

const MAX_INT64 = 2n ** 63n - 1n;
/** Go's limit for widths and precisions, which it checks before the last digit. */
const MAX_WIDTH = 1_000_000;
/** Go has none, and an allocation of any size ends the whole process. */
const MAX_TEXT = 10_000_000;
/** No double has more digits than these. */
const MAX_DIGITS = 1100;
/** From this power of ten on, Go's `%v` of a double has an exponent. */
const SHORTEST_EXPONENT_LIMIT = 6;
const FLAGS = '+-# 0';

export const sprintfBuiltins: BuiltinTable = {
  sprintf: (format, args) => {
    return goSprintf(stringOperand(format, 1), arrayOperand(args, 2).map(toGoValue));
  },
};

/** Go's fmt.Sprintf. Throws Error for a text of more than `limit` characters, and for the formats that Go has for few. */
export function goSprintf(format: string, args: readonly GoValue[], limit = MAX_TEXT): string {
  return new Formatter(format, args, limit).run();
}

function toGoValue(value: RegoValue): GoValue {
  if (typeof value === 'string') return { type: 'string', value };
  if (value instanceof Decimal) {
    const number = Number(value.text);
    if (value.text === '-0') return { type: 'int64', value: 0n };
    // What is too large for a double stays a text.
    return Number.isFinite(number) ? { type: 'float64', value: number } : { type: 'string', value: value.text };
  }
  if (typeof value === 'number' && !Number.isInteger(value)) return { type: 'float64', value };
  if (typeof value === 'number') return { type: 'int64', value: BigInt(value) };
  if (typeof value !== 'bigint') return { type: 'string', value: formatRegoSorted(value) };
  return { type: value > MAX_INT64 || value < -MAX_INT64 - 1n ? '*big.Int' : 'int64', value };
}

/** The state machine of Go's fmt/print.go, doPrintf. */
class Formatter {
  readonly #format: string;
  readonly #args: readonly GoValue[];
  readonly #limit: number;
  #text = '';
  #at = 0;
  #next = 0;
  #reordered = false;
  #goodIndex = true;
  #isBehindIndex = false;

  constructor(format: string, args: readonly GoValue[], limit: number) {
    this.#format = format;
    this.#args = args;
    this.#limit = limit;
  }

  run(): string {
    while (this.#at < this.#format.length) {
      const percent = this.#format.indexOf('%', this.#at);
      const end = percent < 0 ? this.#format.length : percent;
      this.#write(this.#format.slice(this.#at, end));
      this.#at = end;
      if (percent >= 0) this.#directive();
    }
    const extra = this.#args.slice(this.#next);
    if (!this.#reordered && extra.length > 0) {
      const flags = new Set<string>();
      const directive = { verb: 'v', flags, isSyntax: false, width: undefined, precision: undefined };
      this.#write(`%!(EXTRA ${extra.map((arg) => `${arg.type}=${formatted(arg, directive)}`).join(', ')})`);
    }
    return this.#text;
  }

  #write(text: string): void {
    this.#text += text;
    if (this.#text.length > this.#limit) throw new Error(`the text has more than ${this.#limit} characters`);
  }

  #directive(): void {
    this.#at++;
    this.#goodIndex = true;
    const flags = new Set<string>();
    while (FLAGS.includes(this.#peek() ?? 'x')) flags.add(this.#format[this.#at++] as string);
    // Verbs of one small letter go a shorter way in Go, which leaves this as it was.
    if (!/[a-z]/.test(this.#peek() ?? '') || this.#next >= this.#args.length) this.#index();
    const width = this.#width(flags);
    const precision = this.#precision();
    if (!this.#isBehindIndex) this.#index();
    if (flags.has('-')) flags.delete('0');
    this.#verb(flags, width, precision);
  }

  #width(flags: Set<string>): number | undefined {
    if (this.#peek() !== '*') {
      const width = this.#number();
      if (this.#isBehindIndex && width !== undefined) this.#goodIndex = false;
      return width;
    }
    const width = this.#starred();
    if (width === undefined) this.#write('%!(BADWIDTH)');
    if (width !== undefined && width < 0) flags.add('-');
    return width && Math.abs(width);
  }

  #precision(): number | undefined {
    // A dot at the end is the verb.
    if (this.#peek() !== '.' || this.#at + 1 >= this.#format.length) return undefined;
    this.#at++;
    if (this.#isBehindIndex) this.#goodIndex = false;
    this.#index();
    if (this.#peek() !== '*') return this.#number() ?? 0;
    const precision = this.#starred();
    if (precision !== undefined && precision >= 0) return precision;
    this.#write('%!(BADPREC)');
    return undefined;
  }

  #verb(flags: ReadonlySet<string>, width: number | undefined, precision: number | undefined): void {
    if (this.#at >= this.#format.length) {
      this.#write('%!(NOVERB)');
      return;
    }
    const verb = String.fromCodePoint(this.#format.codePointAt(this.#at) ?? 0);
    this.#at += verb.length;
    this.#write(verb === '%' ? '%' : this.#value({ verb, flags, isSyntax: false, width, precision }));
  }

  #value(directive: Directive): string {
    const { verb, flags } = directive;
    if (!this.#goodIndex) return `%!${verb}(BADINDEX)`;
    const arg = this.#args[this.#next];
    if (arg === undefined) return `%!${verb}(MISSING)`;
    this.#next++;
    const isValue = (verb === 'v' || verb === 'w') && arg.type !== '*big.Int';
    if (!isValue) return formatValue(arg, directive);
    return formatValue(arg, { ...directive, flags: without(flags, '#', '+'), isSyntax: flags.has('#') });
  }

  #peek(): string | undefined {
    return this.#format[this.#at];
  }

  #number(): number | undefined {
    let number: number | undefined;
    for (let digit = this.#peek() ?? ''; /^[0-9]$/.test(digit); digit = this.#peek() ?? '') {
      if ((number ?? 0) > MAX_WIDTH) {
        // Then Go takes all that follows for digits.
        this.#at = this.#format.length;
        return undefined;
      }
      number = (number ?? 0) * 10 + Number(digit);
      this.#at++;
    }
    return number;
  }

  /** `*` for the next argument. */
  #starred(): number | undefined {
    this.#at++;
    this.#isBehindIndex = false;
    const arg = this.#args[this.#next];
    if (arg !== undefined) this.#next++;
    if (arg?.type !== 'int64' || arg.value > MAX_WIDTH || arg.value < -MAX_WIDTH) return undefined;
    return Number(arg.value);
  }

  /** An explicit argument index, as in `%[2]d`. */
  #index(): void {
    this.#isBehindIndex = false;
    if (this.#peek() !== '[') return;
    this.#reordered = true;
    const rest = this.#format.slice(this.#at);
    const close = rest.length < 3 ? -1 : rest.indexOf(']');
    this.#at += Math.max(close, 0) + 1;
    const text = rest.slice(1, Math.max(close, 1));
    const isIndex = /^[0-9]{1,8}$/.test(text);
    if (isIndex && Number(text) >= 1 && Number(text) <= this.#args.length) this.#next = Number(text) - 1;
    else this.#goodIndex = false;
    this.#isBehindIndex = isIndex;
  }
}

function formatValue(arg: GoValue, directive: Directive): string {
  const { verb } = directive;
  if (verb === 'T') return formatText(arg.name ?? arg.type, directive);
  // Go tells where it is in memory, or what is inside of it.
  if (/[pw]/.test(verb) && arg.type === '*big.Int') throw new Error(`%${verb} of a large integer is not supported`);
  const text = formatted(arg, directive);
  if (text !== undefined) return text;
  if (arg.type === '*big.Int') return `%!${verb}(big.Int=${arg.value})`;
  // In the width and with the flags of the directive whose verb did not fit.
  return `%!${verb}(${arg.type}=${formatted(arg, { ...directive, verb: 'v' })})`;
}

function formatted(arg: GoValue, directive: Directive): string | undefined {
  if (arg.type === 'string') return formatString(arg.value, directive);
  if (arg.type === 'float64') return formatFloat(arg.value, directive);
  return arg.type === 'int64' ? formatInteger(arg.value, directive) : formatLargeInteger(arg.value, directive);
}

function formatString(value: string, directive: Directive): string | undefined {
  const { verb } = directive;
  if (verb === 's') return formatText(value, directive);
  if (verb === 'v') return directive.isSyntax ? formatQuoted(value, directive) : formatText(value, directive);
  if (verb === 'x' || verb === 'X') return pad(hexOf(value, directive), directive);
  return verb === 'q' ? formatQuoted(value, directive) : undefined;
}

function formatText(value: string, directive: Directive): string {
  return pad(truncated(value, directive.precision), directive);
}

function formatQuoted(value: string, directive: Directive): string {
  const { flags, precision } = directive;
  const runes = truncated(value, precision);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: what Go does not put in backquotes.
  const isRaw = flags.has('#') && !/[`\x00-\x08\x0a-\x1f\x7f\ufeff]/.test(runes);
  return pad(isRaw ? `\`${runes}\`` : goQuote(runes, flags.has('+')), directive);
}

function truncated(text: string, runes: number | undefined): string {
  return runes === undefined || text.length <= runes ? text : [...text].slice(0, runes).join('');
}

function hexOf(value: string, { verb, flags, precision }: Directive): string {
  const bytes = Buffer.from(value, 'utf8').subarray(0, precision);
  const separated = flags.has(' ');
  const digits = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0'));
  const prefix = flags.has('#') && bytes.length > 0 ? '0x' : '';
  const text = separated ? digits.map((each) => prefix + each).join(' ') : prefix + digits.join('');
  return verb === 'X' ? text.toUpperCase() : text;
}

const RADIX: Readonly<Record<string, number>> = { b: 2, o: 8, O: 8, d: 10, s: 10, v: 10, x: 16, X: 16 };
const PREFIX: Readonly<Record<string, string>> = { b: '0b', o: '0', x: '0x', X: '0X' };

function formatInteger(value: bigint, directive: Directive): string | undefined {
  const { verb, flags, width, precision } = directive;
  if (verb === 'c') return pad(runeOf(value), directive);
  if (verb === 'q') return pad(goQuote(runeOf(value), flags.has('+'), "'"), directive);
  const withSpaces = { ...directive, flags: without(flags, '0') };
  if (verb === 'U') return pad(unicodeOf(value, directive), withSpaces);
  const radix = verb === 's' ? undefined : RADIX[verb];
  if (radix === undefined) return undefined;
  if (precision === 0 && value === 0n) return ' '.repeat(width ?? 0);
  const sign = signOf(value < 0n, flags);
  const zeros = precision ?? (flags.has('0') ? (width ?? 0) - sign.length : 0);
  const digits = digitsOf(value, verb, radix).padStart(zeros, '0');
  return pad(sign + prefixOf(digits, directive) + digits, withSpaces);
}

function prefixOf(digits: string, { verb, flags }: Directive): string {
  // An octal number begins with a zero, and needs no other.
  const isOctal = verb === 'o' || verb === 'O';
  const prefix = flags.has('#') && !(isOctal && digits.startsWith('0')) ? (PREFIX[isOctal ? 'o' : verb] ?? '') : '';
  return verb === 'O' ? `0o${prefix}` : prefix;
}

/** Go's big.Int.Format, which counts and pads otherwise than that of its own integers. */
function formatLargeInteger(value: bigint, directive: Directive): string | undefined {
  const { verb, flags, width, precision } = directive;
  const radix = RADIX[verb];
  if (radix === undefined) return undefined;
  const prefix = verb === 'O' ? '0o' : flags.has('#') ? (PREFIX[verb] ?? '') : '';
  const sign = signOf(value < 0n, flags);
  const zeros = precision ?? (flags.has('0') ? (width ?? 0) - sign.length - prefix.length : 0);
  const text = sign + prefix + digitsOf(value, verb, radix).padStart(zeros, '0');
  return pad(text, { ...directive, flags: without(flags, '0') });
}

function digitsOf(value: bigint, verb: string, radix: number): string {
  const digits = (value < 0n ? -value : value).toString(radix);
  return verb === 'X' ? digits.toUpperCase() : digits;
}

function runeOf(value: bigint): string {
  const isRune = value >= 0n && value <= 0x10ffffn && !(value >= 0xd800n && value <= 0xdfffn);
  return String.fromCodePoint(isRune ? Number(value) : 0xfffd);
}

function unicodeOf(value: bigint, { flags, precision = 0 }: Directive): string {
  const digits = BigInt.asUintN(64, value).toString(16).toUpperCase();
  const text = `U+${digits.padStart(Math.max(precision, 4), '0')}`;
  const isShown = flags.has('#') && value >= 0n && value <= 0x10ffffn && isPrintable(runeOf(value));
  return isShown && BigInt(runeOf(value).codePointAt(0) ?? 0) === value ? `${text} '${runeOf(value)}'` : text;
}

function formatFloat(value: number, directive: Directive): string | undefined {
  const { verb, flags, width, precision } = directive;
  if (verb === 'b' || verb === 'x' || verb === 'X')
    throw new Error(`%${verb} of a floating-point number is not supported`);
  const plain = floatDigits(Math.abs(value), verb, precision);
  if (plain === undefined) return undefined;
  const digits = flags.has('#') ? withPoint(plain, 'gGv'.includes(verb) ? (precision ?? 6) : 0) : plain;
  const sign = signOf(value < 0 || Object.is(value, -0), flags);
  const text = flags.has('0') ? sign + digits.padStart((width ?? 0) - sign.length, '0') : sign + digits;
  return pad(text, { ...directive, flags: without(flags, '0') });
}

/** The flag `#`: with a point, and with so many significant digits at least. */
function withPoint(number: string, significant: number): string {
  const [whole = '', exponent = ''] = number.split(/(?=e)/i);
  const counted = whole === '0' ? 1 : whole.replace('.', '').replace(/^0+/, '').length;
  return `${whole}${whole.includes('.') ? '' : '.'}${'0'.repeat(Math.max(significant - counted, 0))}${exponent}`;
}

function floatDigits(value: number, verb: string, precision: number | undefined): string | undefined {
  switch (verb) {
    case 'e':
    case 'E':
      return cased(exponential(value, precision ?? 6), verb);
    case 'f':
    case 'F':
      return fixed(value, precision ?? 6);
    case 'g':
    case 'G':
    case 'v':
      return cased(general(value, precision), verb);
    default:
      return undefined;
  }
}

function cased(text: string, verb: string): string {
  return verb === 'E' || verb === 'G' ? text.toUpperCase() : text;
}

/** Go's `%e`: at least two digits of exponent. */
function exponential(value: number, precision: number): string {
  const [digits, exponent] = decimalDigits(value, precision + 1);
  return mantissa(digits, exponent);
}

function mantissa(digits: string, exponent: number): string {
  const fraction = digits.length > 1 ? `.${digits.slice(1)}` : '';
  const power = String(Math.abs(exponent)).padStart(2, '0');
  return `${digits[0]}${fraction}e${exponent < 0 ? '-' : '+'}${power}`;
}

/** Exactly `count` significant digits, rounded half to even as Go does, and the exponent of the first. */
function decimalDigits(value: number, count: number): [digits: string, exponent: number] {
  if (count > MAX_DIGITS) {
    const [digits, exponent] = decimalDigits(value, MAX_DIGITS);
    return [digits.padEnd(count, '0'), exponent];
  }
  if (value === 0) return ['0'.repeat(count), 0];
  const exponent = Number(value.toExponential().split('e')[1]);
  const digits = scaled(value, count - 1 - exponent).toString();
  return digits.length > count ? [digits.slice(0, count), exponent + 1] : [digits, exponent];
}

function fixed(value: number, precision: number): string {
  if (precision > MAX_DIGITS) return fixed(value, MAX_DIGITS) + '0'.repeat(precision - MAX_DIGITS);
  const digits = scaled(value, precision)
    .toString()
    .padStart(precision + 1, '0');
  if (precision === 0) return digits;
  return `${digits.slice(0, -precision)}.${digits.slice(-precision)}`;
}

/** Go's `%g`: the shortest digits that give the double back, or `precision` of them, without trailing zeros. */
function general(value: number, precision: number | undefined): string {
  const shortest = value.toExponential();
  const [head = '', power = '0'] = shortest.split('e');
  const [digits, exponent] =
    precision === undefined
      ? [head.replace('.', ''), Number(power)]
      : decimalDigits(value, Math.min(Math.max(precision, 1), MAX_DIGITS));
  const kept = digits.replace(/0+$/, '') || '0';
  const limit = precision === undefined ? SHORTEST_EXPONENT_LIMIT : Math.max(precision, 1);
  if (exponent < -4 || exponent >= limit) return mantissa(kept, exponent);
  if (exponent < 0) return `0.${'0'.repeat(-exponent - 1)}${kept}`;
  const whole = kept.slice(0, exponent + 1).padEnd(exponent + 1, '0');
  const fraction = kept.slice(exponent + 1);
  return fraction === '' ? whole : `${whole}.${fraction}`;
}

/** The integer nearest to value · 10^power, ties to even, computed exactly from the bits of the double. */
function scaled(value: number, power: number): bigint {
  const bits = new DataView(new ArrayBuffer(8));
  bits.setFloat64(0, value);
  const raw = bits.getBigUint64(0);
  const biased = Number((raw >> 52n) & 0x7ffn);
  const fraction = raw & 0xfffffffffffffn;
  const significand = biased === 0 ? fraction : fraction | 0x10000000000000n;
  const exponent = Math.max(biased, 1) - 1075;
  const numerator =
    significand * (exponent > 0 ? 2n ** BigInt(exponent) : 1n) * (power > 0 ? 10n ** BigInt(power) : 1n);
  const denominator = (exponent < 0 ? 2n ** BigInt(-exponent) : 1n) * (power < 0 ? 10n ** BigInt(-power) : 1n);
  const quotient = numerator / denominator;
  const twice = (numerator % denominator) * 2n;
  const isUp = twice > denominator || (twice === denominator && quotient % 2n === 1n);
  return isUp ? quotient + 1n : quotient;
}

function signOf(isNegative: boolean, flags: ReadonlySet<string>): string {
  if (isNegative) return '-';
  return flags.has('+') ? '+' : flags.has(' ') ? ' ' : '';
}

/** Go counts a width in runes. */
function pad(text: string, { flags, width = 0 }: Directive): string {
  const missing = width - [...text].length;
  if (missing <= 0) return text;
  const filling = (flags.has('0') ? '0' : ' ').repeat(missing);
  return flags.has('-') ? text + filling : filling + text;
}

function without(flags: ReadonlySet<string>, ...unwanted: string[]): ReadonlySet<string> {
  return new Set([...flags].filter((flag) => !unwanted.includes(flag)));
}
