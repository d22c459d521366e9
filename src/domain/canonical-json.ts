import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';

/** A SHA-256 digest, written `sha256:` and 64 lower-case hex digits. */
export type Sha256 = `sha256:${string}` & { readonly brand: 'Sha256' };

export const SHA256_PATTERN = /^sha256:[0-9a-f]{64}$/;

/**
 * RFC 8785 canonical JSON.
 * Throws TypeError for what JSON cannot carry: undefined members (the library drops them silently, and a digest must
 * never cover less than it seems to), NaN, infinities, lone surrogates, BigInt and functions.
 */
export function canonicalJson(value: unknown): string {
  refuseUndefined(value, '');
  try {
    return canonicalize(value) as string;
  } catch (cause) {
    throw new TypeError(`not canonical JSON: ${(cause as Error).message}`, { cause });
  }
}

export function sha256(data: string | Uint8Array): Sha256 {
  return `sha256:${createHash('sha256').update(data).digest('hex')}` as Sha256;
}

/** SHA-256 over the canonical JSON of a value. */
export function digestOf(value: unknown): Sha256 {
  return sha256(canonicalJson(value));
}

function refuseUndefined(value: unknown, path: string): void {
  if (value === undefined || typeof value === 'function' || typeof value === 'symbol') {
    throw new TypeError(`not canonical JSON: ${typeof value} at "${path}"`);
  }
  if (value === null || typeof value !== 'object') return;
  for (const [key, member] of Object.entries(value)) refuseUndefined(member, `${path}/${key}`);
}
