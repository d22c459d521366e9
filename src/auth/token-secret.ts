import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** The text of a token: `cs_<id>_<secret>`. The id is public; 256 random bits of secret prove it. Scanners know the prefix. */
const TOKEN = /^cs_([0-9a-f]{16})_([A-Za-z0-9_-]{43})$/;

/** A token as only its holder has it. */
export interface TokenSecret {
  id: string;
  secret: string;
}

export function newTokenSecret(): TokenSecret {
  return { id: randomBytes(8).toString('hex'), secret: randomBytes(32).toString('base64url') };
}

export function tokenText({ id, secret }: TokenSecret): string {
  return `cs_${id}_${secret}`;
}

/** Null for untrusted text that is no token. */
export function parseToken(text: string): TokenSecret | null {
  const [, id, secret] = TOKEN.exec(text) ?? [];
  return id === undefined || secret === undefined ? null : { id, secret };
}

/** SHA-256 in hex. A slow hash would not protect better: 256 random bits cannot be guessed. */
export function secretDigest(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

/** Whether a secret has this digest; takes the same time whatever the digest is. */
export function hasDigest(secret: string, digest: string): boolean {
  return timingSafeEqual(Buffer.from(secretDigest(secret), 'hex'), Buffer.from(digest, 'hex'));
}
