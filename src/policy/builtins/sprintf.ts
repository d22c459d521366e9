import { Decimal, formatRegoSorted, type RegoValue } from '../rego-value.ts';
import type { BuiltinTable } from './builtin.ts';
import { arrayOperand, stringOperand } from './operands.ts';

/** What OPA hands to Go's `fmt.Sprintf`: v1/topdown/strings.go. Whatever is no number or string is its Rego text. */
export type GoValue =
  | { type: 'int64' | '*big.Int'; value: bigint }
  | { type: 'float64'; value: number }
  | { type: 'string'; value: string };

/** Flags, width and precision of a directive. */
interface Directive {
  verb: string;
  flags: ReadonlySet<string>;
  width: number | undefined;
  precision: number | undefined;
}

const MAX_INT64 = 2n ** 63n - 1n;
/** Go's limit for widths and precisions. */
const MAX_WIDTH = 1_000_000;
/** From this power of ten on, Go's `%v` of a double has an exponent. */
const SHORTEST_EXPONENT_LIMIT = 6;
const FLAGS = '+-# 0';

export const sprintfBuiltins: BuiltinTable = {
  sprintf: (format, args) => {
    return goSprintf(stringOperand(format, 1), arrayOperand(args, 2).map(toGoValue));
  },
};

/** Go's fmt.Sprintf. */
export function goSprintf(format: string, args: readonly GoValue[]): string {
  return new Formatter(format, args).run();
}

function toGoValue(value: RegoValue): GoValue {
  if (typeof value === 'string') return { type: 'string', value };
  if (value instanceof Decimal) {
    const number = Number(value.text);
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
  #at = 0;
  #next = 0;
  #reordered = false;
  #goodIndex = true;

  constructor(format: string, args: readonly GoValue[]) {
    this.#format = format;
    this.#args = args;
  }

  run(): string {
    let out = '';
    while (this.#at < this.#format.length) {
      const percent = this.#format.indexOf('%', this.#at);
      const end = percent < 0 ? this.#format.length : percent;
      out += this.#format.slice(this.#at, end);
      this.#at = end;
      if (percent >= 0) out += this.#directive();
    }
    const extra = this.#args.slice(this.#next);
    if (this.#reordered || extra.length === 0) return out;
    return `${out}%!(EXTRA ${extra.map((arg) => `${arg.type}=${asValue(arg)}`).join(', ')})`;
  }

  #directive(): string {
    this.#at++;
    this.#goodIndex = true;
    const flags = new Set<string>();
    while (FLAGS.includes(this.#format[this.#at] ?? 'x')) flags.add(this.#format[this.#at++] as string);
    this.#index();
    const [width, badWidth] = this.#size('BADWIDTH');
    if (width !== undefined && width < 0) flags.add('-');
    const [precision, badPrecision] = this.#precision();
    this.#index();
    if (flags.has('-')) flags.delete('0');
    const directive = { flags, width: width && Math.abs(width), precision };
    return badWidth + badPrecision + this.#verb(directive);
  }

  #verb(directive: Omit<Directive, 'verb'>): string {
    if (this.#at >= this.#format.length) return '%!(NOVERB)';
    const verb = String.fromCodePoint(this.#format.codePointAt(this.#at) ?? 0);
    this.#at += verb.length;
    if (verb === '%') return '%';
    if (!this.#goodIndex) return `%!${verb}(BADINDEX)`;
    const arg = this.#args[this.#next];
    if (arg === undefined) return `%!${verb}(MISSING)`;
    this.#next++;
    return formatValue(arg, { ...directive, verb });
  }

  #precision(): [precision: number | undefined, fault: string] {
    if (!this.#skip('.')) return [undefined, ''];
    this.#index();
    if (this.#format[this.#at] !== '*') return [this.#number() ?? 0, ''];
    const [precision, fault] = this.#size('BADPREC');
    if (precision !== undefined && precision < 0) return [undefined, '%!(BADPREC)'];
    return [precision, fault];
  }

  /** A width or precision in digits, or `*` for the next argument. */
  #size(fault: string): [size: number | undefined, fault: string] {
    if (!this.#skip('*')) return [this.#number(), ''];
    const size = this.#starred();
    return [size, size === undefined ? `%!(${fault})` : ''];
  }

  #skip(char: string): boolean {
    if (this.#format[this.#at] !== char) return false;
    this.#at++;
    return true;
  }

  #number(): number | undefined {
    const [digits] = /^\d+/.exec(this.#format.slice(this.#at, this.#at + 20)) ?? [];
    if (digits === undefined) return undefined;
    this.#at += digits.length;
    return Number(digits) > MAX_WIDTH ? undefined : Number(digits);
  }

  #starred(): number | undefined {
    const arg = this.#args[this.#next];
    if (arg !== undefined) this.#next++;
    if (arg?.type !== 'int64' || arg.value > MAX_WIDTH || arg.value < -MAX_WIDTH) return undefined;
    return Number(arg.value);
  }

  /** An explicit argument index, as in `%[2]d`. */
  #index(): void {
    if (this.#format[this.#at] !== '[') return;
    this.#reordered = true;
    const close = this.#format.indexOf(']', this.#at);
    const text = this.#format.slice(this.#at + 1, close < 0 ? this.#at + 1 : close);
    this.#at = close < 0 ? this.#at + 1 : close + 1;
    const index = /^\d+$/.test(text) ? Number(text) : 0;
    if (index < 1 || index > this.#args.length) this.#goodIndex = false;
    else this.#next = index - 1;
  }
}

function formatValue(arg: GoValue, directive: Directive): string {
  if (directive.verb === 'T') return pad(arg.type, directive);
  const text = formatted(arg, directive);
  return text ?? `%!${directive.verb}(${arg.type.replace('*', '')}=${asValue(arg, directive)})`;
}

function formatted(arg: GoValue, directive: Directive): string | undefined {
  if (arg.type === 'string') return formatString(arg.value, directive);
  if (arg.type === 'float64') return formatFloat(arg.value, directive);
  if (arg.type === '*big.Int' && !'bodsvxXO'.includes(directive.verb)) return undefined;
  if (arg.type === 'int64' && directive.verb === 's') return undefined;
  return formatInteger(arg.value, directive);
}

/** As `%v`, with the width and flags of a directive whose verb did not fit. */
function asValue(arg: GoValue, directive?: Directive): string {
  const none = { flags: new Set<string>(), width: undefined, precision: undefined };
  const wanted = arg.type === '*big.Int' ? none : (directive ?? none);
  return formatted(arg, { ...wanted, verb: 'v' }) ?? '';
}

function formatString(value: string, directive: Directive): string | undefined {
  const { verb, flags, precision } = directive;
  const runes = precision === undefined ? value : [...value].slice(0, precision).join('');
  if (verb === 'v') return pad(flags.has('#') ? goQuote(runes) : runes, directive);
  if (verb === 's') return pad(runes, directive);
  if (verb === 'x' || verb === 'X') return pad(hexOf(value, directive), directive);
  if (verb !== 'q') return undefined;
  const raw = flags.has('#') && !/[`\p{Cc}\uFEFF]/u.test(runes.replaceAll('\t', ''));
  return pad(raw ? `\`${runes}\`` : goQuote(runes, flags.has('+')), directive);
}

function hexOf(value: string, { verb, flags, precision }: Directive): string {
  const bytes = Buffer.from(value, 'utf8').subarray(0, precision);
  const separated = flags.has(' ');
  const digits = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0'));
  const prefix = flags.has('#') && bytes.length > 0 ? '0x' : '';
  const text = separated ? digits.map((each) => prefix + each).join(' ') : prefix + digits.join('');
  return verb === 'X' ? text.toUpperCase() : text;
}

const ESCAPES: Readonly<Record<string, string>> = {
  '\u0007': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '\\': '\\\\',
};

/** Go's strconv.Quote; `delimiter` is `'` for a rune. */
export function goQuote(text: string, asciiOnly = false, delimiter = '"'): string {
  const escaped = Array.from(text, (char) => {
    if (char === delimiter) return `\\${char}`;
    const known = ESCAPES[char];
    if (known !== undefined) return known;
    const code = char.codePointAt(0) ?? 0;
    if (code < 0x20 || code === 0x7f) return `\\x${code.toString(16).padStart(2, '0')}`;
    const isPlain = code < 0x7f || (!asciiOnly && /[\p{L}\p{M}\p{N}\p{P}\p{S}]/u.test(char));
    if (isPlain) return char;
    return code > 0xffff ? `\\U${code.toString(16).padStart(8, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`;
  });
  return `${delimiter}${escaped.join('')}${delimiter}`;
}

const RADIX: Readonly<Record<string, number>> = { b: 2, o: 8, O: 8, d: 10, s: 10, v: 10, x: 16, X: 16 };
const PREFIX: Readonly<Record<string, string>> = { b: '0b', o: '0', x: '0x', X: '0X' };

function formatInteger(value: bigint, directive: Directive): string | undefined {
  const { verb, flags, width, precision } = directive;
  if (verb === 'c') return pad(runeOf(value), directive);
  if (verb === 'q') return pad(goQuote(runeOf(value), flags.has('+'), "'"), directive);
  if (verb === 'U') return pad(unicodeOf(value, flags.has('#')), directive);
  const radix = RADIX[verb];
  if (radix === undefined) return undefined;
  const digits = precision === 0 && value === 0n ? '' : digitsOf(value, verb, radix);
  const prefix = verb === 'O' ? '0o' : flags.has('#') ? (PREFIX[verb] ?? '') : '';
  const sign = signOf(value < 0n, flags);
  const zeros =
    flags.has('0') && precision === undefined ? (width ?? 0) - sign.length - prefix.length : (precision ?? 0);
  const text = sign + prefix + digits.padStart(zeros, '0');
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

function unicodeOf(value: bigint, withRune: boolean): string {
  const text = `U+${BigInt.asUintN(64, value).toString(16).toUpperCase().padStart(4, '0')}`;
  return withRune && value <= 0x10ffffn ? `${text} '${runeOf(value)}'` : text;
}

function formatFloat(value: number, directive: Directive): string | undefined {
  const { verb, flags, width, precision } = directive;
  const digits = floatDigits(Math.abs(value), verb, precision, flags.has('#') && verb !== 'v');
  if (digits === undefined) return undefined;
  const sign = signOf(value < 0 || Object.is(value, -0), flags);
  const text = flags.has('0') ? sign + digits.padStart((width ?? 0) - sign.length, '0') : sign + digits;
  return pad(text, { ...directive, flags: without(flags, '0') });
}

function floatDigits(
  value: number,
  verb: string,
  precision: number | undefined,
  keepZeros: boolean,
): string | undefined {
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
      return cased(general(value, precision, keepZeros), verb);
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
  if (value === 0) return ['0'.repeat(count), 0];
  const exponent = Number(value.toExponential().split('e')[1]);
  const digits = scaled(value, count - 1 - exponent).toString();
  return digits.length > count ? [digits.slice(0, count), exponent + 1] : [digits, exponent];
}

function fixed(value: number, precision: number): string {
  const digits = scaled(value, precision)
    .toString()
    .padStart(precision + 1, '0');
  if (precision === 0) return digits;
  return `${digits.slice(0, -precision)}.${digits.slice(-precision)}`;
}

/** Go's `%g`: the shortest digits that give the double back, or `precision` of them, without trailing zeros. */
function general(value: number, precision: number | undefined, keepZeros: boolean): string {
  const shortest = value.toExponential();
  const [head = '', power = '0'] = shortest.split('e');
  const [digits, exponent] =
    precision === undefined
      ? [head.replace('.', '').padEnd(keepZeros ? SHORTEST_EXPONENT_LIMIT : 1, '0'), Number(power)]
      : decimalDigits(value, Math.max(precision, 1));
  const kept = keepZeros ? digits : digits.replace(/0+$/, '') || '0';
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

function without(flags: ReadonlySet<string>, flag: string): ReadonlySet<string> {
  return new Set([...flags].filter((each) => each !== flag));
}
