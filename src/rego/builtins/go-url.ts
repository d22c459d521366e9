import { isIPv4, isIPv6 } from 'node:net';
import type { RegoValue } from '../value.ts';
import { decodeUtf8 } from './go-encoding.ts';
import { goQuote } from './go-quote.ts';

/** A Go string, which is bytes: a character for each, so that what is no UTF-8 comes out as Go would have it. */
type Bytes = string;

/** Go's url.URL as url.Parse fills it. */
export interface GoUrl {
  scheme: string;
  opaque: string;
  hasUser: boolean;
  /** With the port and, around IPv6, brackets. */
  host: string;
  path: string;
  /** The path as it was given, where the usual encoding of `path` is another; else empty. */
  rawPath: string;
  omitHost: boolean;
  forceQuery: boolean;
  rawQuery: string;
  fragment: string;
  rawFragment: string;
  /** Go's EscapedPath. */
  escapedPath: string;
}

type Authority = Pick<GoUrl, 'hasUser' | 'host'>;

/** What Go leaves as it is in a path, and in a fragment. */
const NOT_IN_PATH = /[^A-Za-z0-9\-_.~$&+,/:;=@]/g;
const NOT_IN_FRAGMENT = /[^A-Za-z0-9\-_.~$&+,/:;=?@!()*]/g;
const NOT_IN_GIVEN_PATH = /[^A-Za-z0-9\-_.~$&+,/:;=@!'()*[\]%]/;
const NOT_IN_HOST = /[^A-Za-z0-9\-_.~!$&'()*+,;=:[\]<>"]/;
const NOT_IN_USER = /[^A-Za-z0-9\-._:~!$&'()*+,;=%@]/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: Go refuses control characters.
const CONTROL = /[\u0000-\u001f\u007f]/;
const ESCAPE = /%([0-9A-Fa-f]{2})/g;

/** As Go's url.Parse, with its messages. */
export function parseUrl(text: string): GoUrl {
  const [beforeFragment, rawFragment = ''] = cut(bytesOf(text), '#');
  const url = attempt(beforeFragment, () => parseWithoutFragment(beforeFragment));
  const fragment = attempt(bytesOf(text), () => decoded(rawFragment));
  return {
    ...url,
    fragment: textOf(fragment),
    rawFragment: encoded(fragment, NOT_IN_FRAGMENT) === rawFragment ? '' : textOf(rawFragment),
  };
}

function attempt<T>(url: Bytes, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw new Error(`parse ${goQuote(textOf(url))}: ${(error as Error).message}`);
  }
}

function parseWithoutFragment(url: Bytes): GoUrl {
  if (CONTROL.test(url)) throw new Error('net/url: invalid control character in URL');
  const [scheme, afterScheme] = splitScheme(url);
  const [rest, query] = cut(afterScheme, '?');
  const parsed = {
    scheme: scheme.toLowerCase(),
    opaque: '',
    hasUser: false,
    host: '',
    path: '',
    rawPath: '',
    omitHost: false,
    forceQuery: query === '',
    rawQuery: textOf(query ?? ''),
    fragment: '',
    rawFragment: '',
    escapedPath: '',
  };
  if (!rest.startsWith('/') && scheme !== '') return { ...parsed, opaque: textOf(rest) };
  if (!rest.startsWith('/') && cut(rest, '/')[0].includes(':')) {
    throw new Error('first path segment in URL cannot contain colon');
  }
  const [, authority, rawPath = ''] = hierarchyOf(rest, scheme);
  const omitHost = scheme !== '' && authority === undefined && rest.startsWith('/');
  const where = authority === undefined ? {} : parseAuthority(parsed.scheme, authority);
  return { ...parsed, ...where, ...parsePath(rawPath), omitHost };
}

function splitScheme(url: Bytes): [scheme: Bytes, rest: Bytes] {
  if (url.startsWith(':')) throw new Error('missing protocol scheme');
  const [whole = '', scheme = ''] = /^([A-Za-z][A-Za-z0-9+\-.]*):/.exec(url) ?? [];
  return [scheme, url.slice(whole.length)];
}

/** Without a scheme, three slashes begin a path. */
function hierarchyOf(rest: Bytes, scheme: Bytes): readonly (Bytes | undefined)[] {
  if (scheme === '' && rest.startsWith('///')) return [rest, undefined, rest];
  return /^(?:\/\/([^/]*))?(.*)$/s.exec(rest) ?? [];
}

function parseAuthority(scheme: string, authority: Bytes): Authority {
  const at = authority.lastIndexOf('@');
  const host = parseHost(scheme, authority.slice(at + 1));
  const user = authority.slice(0, Math.max(at, 0));
  if (NOT_IN_USER.test(user)) throw new Error('net/url: invalid userinfo');
  for (const part of cut(user, ':')) decoded(part ?? '');
  return { hasUser: at >= 0, host: textOf(host) };
}

function parseHost(scheme: string, host: Bytes): Bytes {
  const bracket = host.lastIndexOf('[');
  if (bracket > 0) throw new Error('invalid IP-literal');
  if (bracket === 0) return parseIpLiteral(host);
  const strict = scheme === 'http' || scheme === 'https';
  const colon = strict ? host.indexOf(':') : host.lastIndexOf(':');
  if (colon >= 0) refuseBadPort(host.slice(colon));
  return decodedHost(host);
}

function parseIpLiteral(host: Bytes): Bytes {
  const end = host.lastIndexOf(']');
  if (end < 0) throw new Error("missing ']' in host");
  const port = host.slice(end + 1);
  refuseBadPort(port);
  const inside = host.slice(1, end);
  const zoneAt = inside.indexOf('%25');
  const address =
    zoneAt < 0 ? decodedHost(inside) : decodedHost(inside.slice(0, zoneAt)) + decodedZone(inside.slice(zoneAt));
  refuseBadAddress(address);
  return `[${address}]${port}`;
}

/** An IPv6 address, with a zone or without. */
function refuseBadAddress(address: Bytes): void {
  const [ip, zone] = cut(address, '%');
  if (zone === undefined && isIPv4(ip)) throw new Error('invalid IP-literal');
  if (!isIPv6(ip) || zone === '') {
    throw new Error(`invalid host: ParseAddr(${goQuote(textOf(address))}): unable to parse IP`);
  }
}

function refuseBadPort(colonPort: Bytes): void {
  if (!isOptionalPort(colonPort)) throw new Error(`invalid port ${goQuote(textOf(colonPort))} after host`);
}

function isOptionalPort(colonPort: string): boolean {
  return /^(?::[0-9]*)?$/.test(colonPort);
}

function parsePath(rawPath: Bytes): Pick<GoUrl, 'path' | 'rawPath' | 'escapedPath'> {
  const path = decoded(rawPath);
  const usual = encoded(path, NOT_IN_PATH);
  const asGiven = usual !== rawPath && !NOT_IN_GIVEN_PATH.test(rawPath);
  return {
    path: textOf(path),
    rawPath: usual === rawPath ? '' : textOf(rawPath),
    escapedPath: path === '*' || asGiven ? rawPath : usual,
  };
}

/** Go's Hostname and Port of a URL. */
export function splitHostPort(host: string): { hostname: string; port: string } {
  const colon = host.lastIndexOf(':');
  const hasPort = colon >= 0 && isOptionalPort(host.slice(colon));
  const name = hasPort ? host.slice(0, colon) : host;
  return {
    hostname: name.startsWith('[') && name.endsWith(']') ? name.slice(1, -1) : name,
    port: hasPort ? host.slice(colon + 1) : '',
  };
}

/**
 * The JSON of Go's url.URL, and what its String is, for the URI in a certificate. Throws Error for what crypto/x509 refuses.
 */
export function parseGoUrl(uri: string): { url: RegoValue; text: string } {
  const url = uriOfCertificate(uri);
  return {
    url: {
      Scheme: url.scheme,
      Opaque: url.opaque,
      // Go keeps the user to itself: an object without fields.
      User: url.hasUser ? {} : null,
      Host: url.host,
      Path: url.path,
      RawPath: url.rawPath,
      OmitHost: url.omitHost,
      Fragment: url.fragment,
      RawQuery: url.rawQuery,
      RawFragment: url.rawFragment,
      ForceQuery: url.forceQuery,
    },
    text: uri.replace(/^[^:/?#]+(?=:)/, url.scheme),
  };
}

function uriOfCertificate(uri: string): GoUrl {
  let url: GoUrl;
  try {
    url = parseUrl(uri);
  } catch (error) {
    throw new Error(`x509: cannot parse URI ${goQuote(uri)}: ${(error as Error).message}`);
  }
  if (isDomainName(url.host)) return url;
  throw new Error(`x509: cannot parse URI ${goQuote(uri)}: invalid domain`);
}

/** As crypto/x509 asks of names: labels of printable characters, however long, and no dot at the end. None is one, too. */
export function isDomainName(name: string): boolean {
  return /^(?:[!-\-/-~]+(?:\.[!-\-/-~]+)*)?$/.test(name);
}

/** What stands before and after the first separator. */
function cut(text: string, separator: string): [before: string, after: string | undefined] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}

function bytesOf(text: string): Bytes {
  return Buffer.from(text, 'utf8').toString('latin1');
}

function textOf(bytes: Bytes): string {
  return decodeUtf8(Buffer.from(bytes, 'latin1'));
}

function decoded(bytes: Bytes): Bytes {
  const wrong = /%(?![0-9A-Fa-f]{2}).{0,2}/s.exec(bytes)?.[0];
  if (wrong !== undefined) throw new Error(`invalid URL escape ${goQuote(textOf(wrong))}`);
  return bytes.replace(ESCAPE, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)));
}

/** In a host, only what is not ASCII may be escaped. */
function decodedHost(bytes: Bytes): Bytes {
  return decodedStrictly(bytes, (byte) => byte >= '\x80' || byte === '%');
}

/** In a zone, all that could stand there without, and the blanks of Windows. */
function decodedZone(bytes: Bytes): Bytes {
  return decodedStrictly(bytes, (byte) => byte === '%' || byte === ' ' || !NOT_IN_HOST.test(byte));
}

function decodedStrictly(bytes: Bytes, mayBeEscaped: (byte: string) => boolean): Bytes {
  for (const [part, hex] of bytes.matchAll(/%([0-9A-Fa-f]{2})|./gs)) {
    if (part === '%') break;
    const byte = hex === undefined ? part : String.fromCharCode(Number.parseInt(hex, 16));
    if (hex === undefined && byte < '\x80' && NOT_IN_HOST.test(byte)) {
      throw new Error(`invalid character ${goQuote(byte)} in host name`);
    }
    if (hex !== undefined && !mayBeEscaped(byte)) throw new Error(`invalid URL escape ${goQuote(part)}`);
  }
  return decoded(bytes);
}

function encoded(bytes: Bytes, foreign: RegExp): Bytes {
  return bytes.replace(foreign, (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`);
}
