import { Decimal, isRegoObject, type RegoValue, sortedEntries } from '../rego-value.ts';

/** What some reader of YAML takes for something other than a string. */
const AMBIGUOUS = [
  /^(?:|~|null|true|false|yes|no|on|off|y|n|[-+]?\.inf|\.nan)$/i,
  /^[-+]?(?:0b[01_]+|0o?[0-7_]+|0x[\da-f_]+)$/i,
  /^[-+]?(?:\d[\d_]*\.?[\d_]*|\.[\d_]+)(?:e[-+]?\d+)?$/i,
  /^[-+]?\d[\d_]*(?::[0-5]?\d)+(?:\.[\d_]*)?$/,
  /^\d{4}-\d\d?-\d\d?(?:(?:[Tt]|\s+)\d\d?:\d\d:\d\d.*)?$/,
];
const INDICATOR_FIRST = /^[#,[\]{}&*!|>'"%@`]|^[-?:](?:\s|$)|^---|^\.\.\./;
/** What Go's writer does not print as it is, which is all beyond the basic plane, too. */
const SPECIAL = /[^\t\n\x20-\x7e\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd]/u;
const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['"', '\\"'],
  ['\\', '\\\\'],
  ['\0', '\\0'],
  ['\u0007', '\\a'],
  ['\b', '\\b'],
  ['\t', '\\t'],
  ['\n', '\\n'],
  ['\v', '\\v'],
  ['\f', '\\f'],
  ['\r', '\\r'],
  ['\u001b', '\\e'],
  ['\u0085', '\\N'],
]);

/** A JSON value as YAML, in the style of Go's gopkg.in/yaml.v3 with an indent of two: block style, sorted keys, no folding. */
export function writeYaml(value: RegoValue): string {
  return `${block(value, '').replace(/^ /, '').replace(/^\n/, '')}\n`;
}

/** A value behind `key:` or `-`, led by what separates it from that: a space, or a new line and the indent. */
function block(value: RegoValue, indent: string): string {
  if (Array.isArray(value) && value.length > 0) {
    return value.map((item) => `\n${indent}-${compact(item, indent)}`).join('');
  }
  if (!isRegoObject(value)) return ` ${scalar(value, indent)}`;
  const entries = sortedEntries(value);
  if (entries.length === 0) return ' {}';
  return entries
    .map(([key, member]) => `\n${indent}${keyOf(String(key))}:${block(member, nested(member, indent))}`)
    .join('');
}

function nested(value: RegoValue, indent: string): string {
  return typeof value === 'object' ? `${indent}  ` : indent;
}

/** An item of a list, whose first line stands behind the dash. */
function compact(item: RegoValue, indent: string): string {
  const text = block(item, nested(item, indent));
  return text.startsWith('\n') ? text.replace(/^\n\s*/, ' ') : text;
}

function keyOf(key: string): string {
  return key.includes('\n') ? doubleQuoted(key) : flowString(key);
}

function scalar(value: RegoValue, indent: string): string {
  if (Array.isArray(value)) return '[]';
  if (value instanceof Decimal) return decimalText(Number(value.text));
  if (typeof value === 'number') return Number.isInteger(value) ? String(value) : decimalText(value);
  if (typeof value !== 'string') return String(value);
  const isBlock = value.includes('\n') && !SPECIAL.test(value) && !/ (?:\n|$)/.test(value);
  return isBlock ? literal(value, `${indent}  `) : flowString(value);
}

/** Go writes the shortest digits, with an exponent below 1e-4 and from 1e21 on (1e6 on, where it has no fraction). */
function decimalText(value: number): string {
  const [mantissa = '', exponent = '0'] = value.toExponential().split('e');
  const power = Number(exponent);
  if (power >= -4 && power < 21 && !(power >= 6)) return String(value);
  return `${mantissa}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`;
}

function flowString(text: string): string {
  if (AMBIGUOUS.some((pattern) => pattern.test(text))) return doubleQuoted(text);
  if (SPECIAL.test(text) || /[\t\n]/.test(text)) return doubleQuoted(text);
  const isPlain = !INDICATOR_FIRST.test(text) && !/^ | $|: | #|:$/.test(text);
  return isPlain ? text : `'${text.replaceAll("'", "''")}'`;
}

function doubleQuoted(text: string): string {
  return `"${Array.from(text, escaped).join('')}"`;
}

function escaped(char: string): string {
  const known = ESCAPES.get(char);
  if (known !== undefined) return known;
  if (!SPECIAL.test(char)) return char;
  const code = (char.codePointAt(0) ?? 0).toString(16).toUpperCase();
  if (code.length <= 2) return `\\x${code.padStart(2, '0')}`;
  return code.length <= 4 ? `\\u${code.padStart(4, '0')}` : `\\U${code.padStart(8, '0')}`;
}

function literal(text: string, indent: string): string {
  const hint = /^[ \n]/.test(text) ? '2' : '';
  const chomping = text.endsWith('\n\n') || text === '\n' ? '+' : text.endsWith('\n') ? '' : '-';
  const lines = text.replace(/\n$/, '').split('\n');
  return `|${hint}${chomping}${lines.map((line) => (line === '' ? '\n' : `\n${indent}${line}`)).join('')}`;
}
