import { isRegoObject, type RegoValue, regoObject, sortedEntries, toJson } from '../value.ts';
import type { BuiltinTable } from './builtin.ts';
import { base64Fault, decodeBase64, decodeBase64Url, decodeUtf8 } from './go-encoding.ts';
import { goQuote } from './go-quote.ts';
import { isPrintable } from './go-unicode.ts';
import { OperandError, operandTypeError, stringOperand } from './operands.ts';

export const encodingBuiltins: BuiltinTable = {
  'base64.decode': (text) => decodeUtf8(decodeBase64(stringOperand(text, 1))),
  'base64.encode': (text) => Buffer.from(stringOperand(text, 1), 'utf8').toString('base64'),
  'base64.is_valid': (text) => typeof text === 'string' && base64Fault(text) === undefined,
  'base64url.decode': (text) => decodeUtf8(decodeBase64Url(stringOperand(text, 1))),
  'base64url.encode': (text) => padded(Buffer.from(stringOperand(text, 1), 'utf8').toString('base64url')),
  'base64url.encode_no_pad': (text) => Buffer.from(stringOperand(text, 1), 'utf8').toString('base64url'),
  'hex.encode': (text) => Buffer.from(stringOperand(text, 1), 'utf8').toString('hex'),
  'hex.decode': (text) => hexDecode(stringOperand(text, 1)),
  'urlquery.encode': (text) => queryEscape(stringOperand(text, 1)),
  'urlquery.decode': (text) => queryUnescape(stringOperand(text, 1)),
  'urlquery.encode_object': encodeObject,
  'urlquery.decode_object': (text) => decodeObject(stringOperand(text, 1)),
};

function padded(text: string): string {
  return text.padEnd(Math.ceil(text.length / 4) * 4, '=');
}

function hexDecode(text: string): string {
  const wrong = /[^0-9a-fA-F]/u.exec(text)?.[0];
  if (wrong !== undefined) {
    const code = Buffer.from(wrong, 'utf8')[0] ?? 0;
    const rune = String.fromCodePoint(code);
    const shown = isPrintable(rune) ? ` ${goQuote(rune, false, "'")}` : '';
    throw new Error(`encoding/hex: invalid byte: U+${code.toString(16).toUpperCase().padStart(4, '0')}${shown}`);
  }
  if (text.length % 2 === 1) throw new Error('encoding/hex: odd length hex string');
  return decodeUtf8(Buffer.from(text, 'hex'));
}

/** Go's url.QueryEscape: a space is `+`, and only letters, digits and `-_.~` stay as they are. */
export function queryEscape(text: string): string {
  return encodeURIComponent(text.toWellFormed())
    .replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%20', '+');
}

function queryUnescape(text: string): string {
  const wrong = /%(?![0-9a-fA-F]{2}).{0,2}/su.exec(text)?.[0];
  if (wrong !== undefined) throw new Error(`invalid URL escape ${goQuote(wrong)}`);
  const bytes = Buffer.from(text.replaceAll('+', ' '), 'utf8').toString('latin1');
  const decoded = bytes.replace(/%([0-9a-fA-F]{2})/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)));
  return decodeUtf8(Buffer.from(decoded, 'latin1'));
}

function encodeObject(value: RegoValue): string {
  const json = toJson(value);
  if (!isRegoObject(json)) throw operandTypeError(value, 1, 'object');
  const pairs = sortedEntries(json).flatMap(([key, member]) => {
    const values = Array.isArray(member) ? member : [member];
    return values.map((each) => {
      if (typeof each !== 'string') throw new OperandError(1, 'values must be string, array[string], or set[string]');
      return `${queryEscape(String(key))}=${queryEscape(each)}`;
    });
  });
  return pairs.join('&');
}

/** As in Go. */
const MAX_PARAMETERS = 10_000;

function decodeObject(text: string): RegoValue {
  const pairs = text.split('&');
  if (pairs.length > MAX_PARAMETERS) throw new Error('number of URL query parameters exceeded limit');
  const values = new Map<string, string[]>();
  for (const pair of pairs.filter(Boolean)) {
    if (pair.includes(';')) throw new Error('invalid semicolon separator in query');
    const equals = pair.indexOf('=');
    const key = queryUnescape(equals < 0 ? pair : pair.slice(0, equals));
    const value = queryUnescape(equals < 0 ? '' : pair.slice(equals + 1));
    const known = values.get(key);
    if (known === undefined) values.set(key, [value]);
    else known.push(value);
  }
  return regoObject([...values]);
}
