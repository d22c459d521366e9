import { isUtf8 } from 'node:buffer';

/** Base64, PEM and UTF-8 exactly as Go's packages read them, with Go's messages. */

const ALPHABETS = {
  base64: 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/',
  base64url: 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_',
} as const;

const FOREIGN = { base64: /[^A-Za-z0-9+/]/, base64url: /[^A-Za-z0-9_-]/ } as const;

/** With padding; line ends may stand anywhere. Throws Error naming the byte of UTF-8 where Go sees the fault. */
export function decodeBase64(text: string, alphabet: keyof typeof ALPHABETS = 'base64'): Buffer {
  const fault = base64Fault(text, alphabet);
  if (fault !== undefined) throw new Error(`illegal base64 data at input byte ${fault}`);
  return Buffer.from(text.replace(/[\r\n=]/g, ''), alphabet);
}

/** The byte of UTF-8 where Go sees that a text is no base64. */
export function base64Fault(text: string, alphabet: keyof typeof ALPHABETS = 'base64'): number | undefined {
  // Buffer itself would skip over every fault; most texts have none.
  const data = text.replace(/={1,2}$/, '');
  if (text.length % 4 === 0 && !FOREIGN[alphabet].test(data)) return undefined;
  return faultIn(binaryOf(text), ALPHABETS[alphabet]);
}

/** Where Go's Encoding.Decode stops. */
function faultIn(bytes: string, alphabet: string): number | undefined {
  let inGroup = 0;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] ?? '';
    if (byte === '\r' || byte === '\n') continue;
    if (byte === '=') return faultInPadding(bytes, at, inGroup);
    if (!alphabet.includes(byte)) return at;
    inGroup = (inGroup + 1) % 4;
  }
  return inGroup === 0 ? undefined : bytes.length - inGroup;
}

/** `at` is the first `=`, behind `inGroup` characters of its group. */
function faultInPadding(bytes: string, at: number, inGroup: number): number | undefined {
  if (inGroup < 2) return at;
  let next = skipLineEnds(bytes, at + 1);
  if (inGroup === 2) {
    if (next === bytes.length) return bytes.length;
    if (bytes[next] !== '=') return next - 1;
    next = skipLineEnds(bytes, next + 1);
  }
  return next < bytes.length ? next : undefined;
}

function skipLineEnds(bytes: string, from: number): number {
  let at = from;
  while (bytes[at] === '\r' || bytes[at] === '\n') at++;
  return at;
}

/** One character for each byte of UTF-8. */
export function binaryOf(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

/** As OPA's base64url.decode: padding may be left out. */
export function decodeBase64Url(text: string): Buffer {
  const rest = Buffer.byteLength(text, 'utf8') % 4;
  if (text.endsWith('=') || rest === 0) return decodeBase64(text, 'base64url');
  if (rest === 1) throw new Error(`illegal base64url string: ${text}`);
  return decodeBase64(text + '='.repeat(4 - rest), 'base64url');
}

export interface PemBlock {
  type: string;
  bytes: Buffer;
}

const BEGIN = /(?:^|\n)-----BEGIN ([^\n]*?)-----[ \t\r]*\n/g;
const PEM_HEADERS = /^(?:[^\n:]*:[^\n]*\n)*/;

/** The first whole block of a text and what follows the line of its end; null if there is none. */
export function decodePem(text: string): { block: PemBlock; rest: string } | null {
  for (const begin of text.matchAll(BEGIN)) {
    const start = begin.index + begin[0].length;
    const type = begin[1] ?? '';
    const end = text.indexOf(`-----END ${type}-----`, start);
    const bytes = end < 0 ? undefined : bodyOf(text.slice(start, end));
    if (bytes === undefined) continue;
    const after = text.slice(end + `-----END ${type}-----`.length);
    const line = /^[ \t\r]*(?:\n|$)/.exec(after);
    if (line !== null) return { block: { type, bytes }, rest: after.slice(line[0].length) };
  }
  return null;
}

export function decodePemBlocks(text: string): PemBlock[] {
  const blocks: PemBlock[] = [];
  for (let found = decodePem(text); found !== null; found = decodePem(found.rest)) blocks.push(found.block);
  return blocks;
}

function bodyOf(lines: string): Buffer | undefined {
  try {
    return decodeBase64(lines.replace(PEM_HEADERS, '').replace(/[ \t]/g, ''));
  } catch {
    return undefined;
  }
}

/** UTF-8 as Go reads it: every byte that belongs to no character is a U+FFFD, where JavaScript makes one of several. */
export function decodeUtf8(bytes: Buffer): string {
  if (isUtf8(bytes)) return bytes.toString('utf8');
  let text = '';
  for (let start = 0; start < bytes.length; ) {
    const end = [1, 2, 3, 4].map((length) => start + length).find((to) => isUtf8(bytes.subarray(start, to)));
    text += end === undefined ? '\ufffd' : bytes.toString('utf8', start, end);
    start = end ?? start + 1;
  }
  return text;
}
