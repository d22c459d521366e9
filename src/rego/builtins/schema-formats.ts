import { parseTime } from './go-layout.ts';
import { isMailAddress } from './go-mail.ts';
import { compileRegex } from './go-regex.ts';
import { parseUrl } from './go-url.ts';
import { parseAddress } from './net.ts';

const DATE_TIME_LAYOUTS = ['15:04:05', '15:04:05Z07:00', '2006-01-02', 'RFC3339', 'RFC3339Nano'];
const LABEL = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]{0,61}[a-zA-Z0-9])';
const HOSTNAME = new RegExp(`^${LABEL}(?:\\.${LABEL})*$`);
const UUID = /^[a-f0-9]{8}-(?:[a-f0-9]{4}-){3}[a-f0-9]{12}$/i;
const POINTER = '(?:/(?:[^~/]|~0|~1)*)*';
const JSON_POINTER = new RegExp(`^${POINTER}$`);
const RELATIVE_JSON_POINTER = new RegExp(`^(?:0|[1-9][0-9]*)(?:#|${POINTER})$`);

/** Whether a text is of a format, by the formats that OPA's validator knows; any other is a format of every text. */
const CHECKS: ReadonlyMap<string, (text: string) => boolean> = new Map([
  ['date', (text) => hasLayout(text, '2006-01-02')],
  ['time', (text) => hasLayout(text, '15:04:05Z07:00') || hasLayout(text, '15:04:05')],
  ['date-time', (text) => DATE_TIME_LAYOUTS.some((layout) => hasLayout(text, layout))],
  ['hostname', (text) => text.length < 256 && HOSTNAME.test(text)],
  ['email', isMailAddress],
  ['idn-email', isMailAddress],
  ['ipv4', (text) => text.includes('.') && parseAddress(text) !== undefined],
  ['ipv6', (text) => text.includes(':') && parseAddress(text) !== undefined],
  ['uri', isUri],
  ['iri', isUri],
  ['uri-reference', isUriReference],
  ['iri-reference', isUriReference],
  ['uri-template', isUriTemplate],
  ['uuid', (text) => UUID.test(text)],
  ['regex', (text) => succeeds(() => compileRegex(text))],
  ['json-pointer', (text) => JSON_POINTER.test(text)],
  ['relative-json-pointer', (text) => RELATIVE_JSON_POINTER.test(text)],
]);

export function isOfFormat(text: string, format: string): boolean {
  return CHECKS.get(format)?.(text) ?? true;
}

function hasLayout(text: string, layout: string): boolean {
  return succeeds(() => parseTime(text, layout));
}

function isUri(text: string): boolean {
  return isUriReference(text) && parseUrl(text).scheme !== '';
}

function isUriReference(text: string): boolean {
  return !text.includes('\\') && succeeds(() => parseUrl(text));
}

/** Each brace that opens in the path has one that closes, and none is open before it: the pattern of Go's validator. */
function isUriTemplate(text: string): boolean {
  return isUriReference(text) && !/\{[^}]*$/.test(parseUrl(text).path);
}

function succeeds(attempt: () => unknown): boolean {
  try {
    attempt();
    return true;
  } catch {
    return false;
  }
}
