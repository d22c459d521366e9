import { Decimal, isRegoObject, type RegoValue } from '../value.ts';
import { compareYamlKeys } from './yaml-order.ts';
import { resolveScalar } from './yaml-scalar.ts';

/** What readers of YAML 1.1 take for booleans, and for numbers to the base of 60. */
const OLD_BOOLEAN = /^(?:y|Y|yes|Yes|YES|on|On|ON|n|N|no|No|NO|off|Off|OFF)$/;
const BASE_60 = /^[-+]?\d[\d_]*(?::[0-5]?\d)+(?:\.[\d_]*)?$/;
/** The longest key that stands before a colon on its line, in bytes. */
const MAX_KEY_BYTES = 128;
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

/** A value that was read from YAML, as YAML, in the style of Go's gopkg.in/yaml.v3 with an indent of two: block style, sorted keys, no folding. */
export function writeYaml(value: RegoValue): string {
  return `${block(value, '').replace(/^ /, '').replace(/^\n/, '')}\n`;
}

/** A value behind `key:` or `-`, led by what separates it from that: a space, or a new line and the indent. */
function block(value: RegoValue, indent: string): string {
  if (Array.isArray(value) && value.length > 0) {
    return value.map((item) => `\n${indent}-${compact(item, indent)}`).join('');
  }
  if (!isRegoObject(value)) return ` ${scalar(value, indent)}`;
  const entries = Object.entries(value).sort(([a], [b]) => compareYamlKeys(a, b));
  if (entries.length === 0) return ' {}';
  return entries.map(([key, member]) => `\n${indent}${entry(key, member, indent)}`).join('');
}

/** A key of several lines, or a long one, stands behind a question mark, and its value on a line of its own. */
function entry(key: string, member: RegoValue, indent: string): string {
  const isSimple = !/[\r\n\u0085\u2028\u2029]/.test(key) && Buffer.byteLength(key) <= MAX_KEY_BYTES;
  if (isSimple) return `${flowString(key)}:${block(member, nested(member, indent))}`;
  return `? ${scalar(key, indent)}\n${indent}:${compact(member, indent)}`;
}

function nested(value: RegoValue, indent: string): string {
  return typeof value === 'object' ? `${indent}  ` : indent;
}

/** An item of a list, whose first line stands behind the dash. */
function compact(item: RegoValue, indent: string): string {
  const text = block(item, nested(item, indent));
  return text.startsWith('\n') ? text.replace(/^\n\s*/, ' ') : text;
}

function scalar(value: RegoValue, indent: string): string {
  if (Array.isArray(value)) return '[]';
  if (value instanceof Decimal) return value.text;
  if (typeof value !== 'string') return String(value);
  const isBlock = value.includes('\n') && !SPECIAL.test(value) && !/ (?:\n|$)/.test(value);
  return isBlock ? literal(value, `${indent}  `) : flowString(value);
}

function flowString(text: string): string {
  if (isAmbiguous(text)) return doubleQuoted(text);
  if (SPECIAL.test(text) || /[\t\n]/.test(text)) return doubleQuoted(text);
  const isPlain = !INDICATOR_FIRST.test(text) && !/^ | $|: | #|:$/.test(text);
  return isPlain ? text : `'${text.replaceAll("'", "''")}'`;
}

function isAmbiguous(text: string): boolean {
  return resolveScalar('', text).tag !== '!!str' || OLD_BOOLEAN.test(text) || BASE_60.test(text);
}

function doubleQuoted(text: string): string {
  // Go looks for a mark of the encoding at each character, but always at the first.
  const isMarked = text.startsWith('\ufeff');
  return `"${Array.from(text, (char) => escaped(char, isMarked)).join('')}"`;
}

function escaped(char: string, isMarked: boolean): string {
  const known = ESCAPES.get(char);
  if (known !== undefined) return known;
  if (!isMarked && !SPECIAL.test(char)) return char;
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
