import { createPublicKey } from 'node:crypto';
import { AppError } from './errors.ts';
import { type Algorithm, algorithmOf, requireStrongKey, type VerificationKey } from './jws.ts';
import { thumbprint } from './public-key.ts';

export interface PublicJwk {
  kty: string;
  crv: string;
  x: string;
  y?: string;
  kid: string;
  alg: Algorithm;
  use: 'sig';
}

export interface Jwks {
  keys: PublicJwk[];
}

/**
 * Turns a JWKS (untrusted JSON) into keys. A JWKS may hold keys of other kinds for other purposes (RFC 7517 §5): they are
 * ignored. Throws AppError `key_invalid` if no key is usable, and for each ES256 or EdDSA key that is declared for another
 * use, has a kid other than its thumbprint, contains private members, is a duplicate, or lets anyone sign.
 */
export function parseJwks(value: unknown): VerificationKey[] {
  const members = (value as { keys?: unknown } | null)?.keys;
  const jwks: unknown[] = Array.isArray(members) ? members : [];
  const keys: VerificationKey[] = [];
  for (const [index, jwk] of jwks.entries()) {
    if (!isOfOurKind(jwk)) continue;
    const kid = typeof jwk['kid'] === 'string' ? `kid ${jwk['kid']}` : 'without a kid';
    const refuse = (why: string, cause?: unknown) => {
      throw new AppError('key_invalid', `Key ${index + 1} of the JWKS (${kid}) cannot be used: it ${why}.`, { cause });
    };
    const misuse = findMisuse(jwk);
    if (misuse !== null) refuse(misuse);
    const key = toVerificationKey(jwk, refuse);
    if (jwk['kid'] !== undefined && jwk['kid'] !== key.kid) {
      refuse(`has a kid other than its RFC 7638 thumbprint, ${key.kid}`);
    }
    if (keys.some((other) => other.kid === key.kid)) refuse(`duplicates an earlier key; remove one`);
    requireStrongKey(key);
    keys.push(key);
  }
  if (keys.length === 0) throw new AppError('key_invalid', 'The JWKS contains no ES256 or EdDSA key.');
  return keys;
}

type Jwk = Record<string, unknown> & { kty: string; crv: string };

function isOfOurKind(jwk: unknown): jwk is Jwk {
  if (typeof jwk !== 'object' || jwk === null) return false;
  try {
    algorithmOf(jwk);
    return true;
  } catch {
    return false;
  }
}

/** EdDSA by its old name, and by the one that names the curve (RFC 9864). */
const NAMES: Record<Algorithm, readonly string[]> = { ES256: ['ES256'], EdDSA: ['EdDSA', 'Ed25519'] };
/** Why the members of a key forbid its use for verifying records, as the end of a sentence about it; null if they do not. */
function findMisuse(jwk: Jwk): string | null {
  const { use, alg, key_ops: operations } = jwk;
  if ('d' in jwk) return 'contains the private member "d": anyone with this JWKS can sign';
  if (use !== undefined && use !== 'sig') return `has "use": ${JSON.stringify(use)} instead of "sig"`;
  const right = NAMES[algorithmOf(jwk)];
  if (alg !== undefined && !right.includes(alg as string)) {
    return `has "alg": ${JSON.stringify(alg)}, but a key of its type and curve is for ${right[0]}`;
  }
  const verifies = operations === undefined || (Array.isArray(operations) && operations.includes('verify'));
  return verifies ? null : 'has "key_ops" without "verify"';
}

function toVerificationKey(jwk: Jwk, refuse: (why: string, cause: unknown) => void): VerificationKey {
  try {
    const publicKey = createPublicKey({ key: jwk, format: 'jwk' });
    // From the key itself: text that is not canonical would give the same key a different kid.
    const kid = thumbprint(publicKey.export({ format: 'jwk' }) as Record<string, string>);
    return { kid, alg: algorithmOf(jwk), publicKey };
  } catch (cause) {
    refuse('is not a key: its coordinates are not a point on its curve', cause);
    throw cause;
  }
}
