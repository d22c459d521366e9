import { isUtf8 } from 'node:buffer';

/** Base64, PEM and UTF-8 exactly as Go's packages read them, with Go's messages. */

const ALPHABETS = {
  base64: /[^A-Za-z0-9+/]/g,
  base64url: /[^A-Za-z0-9_-]/g,
} as const;

/** With padding; line ends may stand anywhere. Throws Error naming the byte where the fault is. */
export function decodeBase64(text: string, alphabet: keyof typeof ALPHABETS = 'base64'): Buffer {
  // Only what is whole passes quickly; Buffer itself would skip over every fault.
  const compact = text.replace(/[\r\n]/g, '');
  const data = compact.replace(/={1,2}$/, '');
  if (compact.length % 4 !== 0 || data.search(ALPHABETS[alphabet]) >= 0) {
    throw new Error(`illegal base64 data at input byte ${faultIn(text, compact, data, alphabet)}`);
  }
  return Buffer.from(data, alphabet);
}

function faultIn(text: string, compact: string, data: string, alphabet: keyof typeof ALPHABETS): number {
  const foreign = data.search(ALPHABETS[alphabet]);
  // Go names the group of four that misses a character by its start.
  const inCompact = foreign >= 0 ? foreign : compact.length - (compact.length % 4);
  let seen = 0;
  for (let index = 0; index < text.length; index++) {
    if (text[index] === '\r' || text[index] === '\n') continue;
    if (seen === inCompact) return index;
    seen++;
  }
  return text.length;
}

/** As OPA's base64url.decode: padding may be left out. */
export function decodeBase64Url(text: string): Buffer {
  if (text.endsWith('=')) return decodeBase64(text, 'base64url');
  if (text.length % 4 === 1) throw new Error(`illegal base64url string: ${text}`);
  return decodeBase64(text.padEnd(Math.ceil(text.length / 4) * 4, '='), 'base64url');
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
