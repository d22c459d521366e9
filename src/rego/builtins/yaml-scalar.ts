import { parseNumber, type RegoValue } from '../value.ts';
import { decodeBase64, decodeUtf8 } from './go-encoding.ts';
import { parseTime } from './go-layout.ts';

/** A scalar of YAML as Go's reader takes it: `value` is null, a boolean, a number (Inf and NaN too), a bigint or a string. */
export interface YamlScalar {
  tag: string;
  value: null | boolean | number | bigint | string;
}

const WORDS: ReadonlyMap<string, YamlScalar> = new Map<string, YamlScalar>([
  ...['true', 'True', 'TRUE'].map((text) => [text, { tag: '!!bool', value: true }] as const),
  ...['false', 'False', 'FALSE'].map((text) => [text, { tag: '!!bool', value: false }] as const),
  ...['', '~', 'null', 'Null', 'NULL'].map((text) => [text, { tag: '!!null', value: null }] as const),
  ...['.nan', '.NaN', '.NAN'].map((text) => [text, { tag: '!!float', value: Number.NaN }] as const),
  ...['.inf', '.Inf', '.INF', '+.inf', '+.Inf', '+.INF'].map(
    (text) => [text, { tag: '!!float', value: Number.POSITIVE_INFINITY }] as const,
  ),
  ...['-.inf', '-.Inf', '-.INF'].map((text) => [text, { tag: '!!float', value: Number.NEGATIVE_INFINITY }] as const),
  ['<<', { tag: '!!merge', value: '<<' }],
]);
const RESOLVED_TAGS: ReadonlySet<string> = new Set([
  ...['', '!!str', '!!bool', '!!int', '!!float', '!!null', '!!timestamp'],
]);
const FLOAT = /^[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?$/;
const HEXADECIMAL_FLOAT = /^[-+]?0x/i;
const TIMESTAMP_LAYOUTS = [
  ...['2006-1-2T15:4:5.999999999Z07:00', '2006-1-2t15:4:5.999999999Z07:00', '2006-1-2 15:4:5.999999999', '2006-1-2'],
];

/** What a scalar stands for that is not in quotes, by its tag, or by its text where it has none. Throws Error as Go does. */
export function resolveScalar(tag: string, text: string): YamlScalar {
  if (tag === '!!binary') return { tag, value: binary(text) };
  if (!RESOLVED_TAGS.has(tag)) return { tag, value: text };
  const found = tag === '!!str' ? { tag, value: text } : guess(tag, text);
  if (tag === '' || tag === found.tag || tag === '!!str') return found;
  if (tag === '!!float' && found.tag === '!!int') return { tag, value: Number(found.value) };
  throw new Error(`yaml: cannot decode ${found.tag} \`${text}\` as a ${tag}`);
}

function guess(tag: string, text: string): YamlScalar {
  const known = WORDS.get(text);
  if (known !== undefined) return known;
  if (text.startsWith('.')) return floatOf(text) ?? { tag: '!!str', value: text };
  if (!/^[-+\d]/.test(text)) return { tag: '!!str', value: text };
  const isTimestamp = (tag === '' || tag === '!!timestamp') && timestampOf(text) !== undefined;
  if (isTimestamp) return { tag: '!!timestamp', value: tag === '' ? text : (timestampOf(text) ?? text) };
  const plain = text.replaceAll('_', '');
  return integerOf(plain, text) ?? floatOf(plain) ?? { tag: '!!str', value: text };
}

/** Go's ParseInt and ParseUint of any base, with the octals of YAML 1.2; what takes more than 64 bits is a float. */
function integerOf(plain: string, text: string): YamlScalar | undefined {
  const [, sign = '', prefix = '', digits = ''] = /^([-+]?)(0[xob]|0(?=\d))?([\da-f]+)$/i.exec(plain) ?? [];
  // Only Go's own parser takes prefixes in capitals and behind a plus.
  const radix = { '': '', '0': '0o', '0o': '0o', '0x': '0x', '0b': '0b' }[prefix.toLowerCase()];
  if (radix === undefined || digits === '' || (radix === '' && /\D/.test(digits))) return undefined;
  if (prefix === '' && digits.length > 1 && digits.startsWith('0') && text !== plain) return undefined;
  try {
    const magnitude = BigInt(radix + digits);
    const value = sign === '-' ? -magnitude : magnitude;
    const isHeld = value >= -(2n ** 63n) && value < (sign === '+' ? 2n ** 63n : 2n ** 64n);
    return isHeld ? { tag: '!!int', value } : undefined;
  } catch {
    // Digits that its radix does not have.
    return undefined;
  }
}

function floatOf(text: string): YamlScalar | undefined {
  if (HEXADECIMAL_FLOAT.test(text) || !FLOAT.test(text)) return undefined;
  const value = Number(text);
  return Number.isFinite(value) ? { tag: '!!float', value } : undefined;
}

/** In RFC 3339, as Go writes times to JSON. */
function timestampOf(text: string): string | undefined {
  if (!/^\d{4}-/.test(text)) return undefined;
  for (const layout of TIMESTAMP_LAYOUTS) {
    try {
      const { unixSeconds, nanoseconds } = parseTime(text, layout);
      const instant = new Date(unixSeconds * 1000).toISOString().slice(0, 19);
      const fraction = nanoseconds === 0 ? '' : `.${String(nanoseconds).padStart(9, '0').replace(/0+$/, '')}`;
      return `${instant}${fraction}Z`;
    } catch {
      // Perhaps another layout.
    }
  }
  return undefined;
}

function binary(text: string): string {
  try {
    return decodeUtf8(decodeBase64(text));
  } catch {
    throw new Error('yaml: !!binary value contains invalid base64 data');
  }
}

/** As Go writes the value to JSON. Throws Error for Inf and NaN. */
export function scalarToRego({ value }: YamlScalar): RegoValue {
  if (typeof value === 'bigint') return parseNumber(String(value));
  if (typeof value !== 'number') return value;
  if (Number.isFinite(value)) return parseNumber(Object.is(value, -0) ? '-0' : String(value));
  const name = Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
  throw new Error(`json: unsupported value: ${name}`);
}

/** The key of an object that a scalar makes; undefined for null and for times, which make none. */
export function scalarToKey({ tag, value }: YamlScalar): string | undefined {
  if (value === null || tag === '!!timestamp') return undefined;
  return typeof value === 'number' ? float32Text(value) : String(value);
}

/** Go writes such keys as floats of 32 bits, with the fewest digits that tell them from others. */
function float32Text(value: number): string {
  const rounded = Math.fround(value);
  if (Number.isNaN(rounded)) return '.nan';
  if (!Number.isFinite(rounded)) return rounded > 0 ? '.inf' : '-.inf';
  if (rounded === 0) return Object.is(value, -0) || value < 0 ? '-0' : '0';
  return withExponent(shortestFloat32(rounded));
}

/** As Go's `g` writes a float of 64 bits. */
export function goFloatText(value: number): string {
  return Object.is(value, -0) ? '-0' : withExponent(value.toExponential());
}

/** With an exponent below 1e-4 and from 1e6 on, of two digits or more. */
function withExponent(exponential: string): string {
  const [mantissa = '', exponent = ''] = exponential.split('e');
  const power = Number(exponent);
  if (power >= -4 && power < 6) return String(Number(exponential));
  return `${mantissa}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`;
}

function shortestFloat32(value: number): string {
  for (let digits = 0; digits < 9; digits++) {
    const text = value.toExponential(digits);
    if (Math.fround(Number(text)) === value) return text;
  }
  return value.toExponential();
}
