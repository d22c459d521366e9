import { createPublicKey, hash, type webcrypto } from 'node:crypto';
import { z } from 'zod';
import { canonicalJson } from './canonical-json.ts';

/** 32 bytes in base64url, which has one form: with another ending the same key would have another thumbprint. */
const bytes32 = z.string().regex(/^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/);

/** A public JWK for ES256 or EdDSA, with the members that make the key and no other, least of all the private one. */
export const publicKeySchema = z.discriminatedUnion('kty', [
  z.strictObject({ kty: z.literal('EC'), crv: z.literal('P-256'), x: bytes32, y: bytes32 }),
  z.strictObject({ kty: z.literal('OKP'), crv: z.literal('Ed25519'), x: bytes32 }),
]);
export type PublicKey = z.infer<typeof publicKeySchema>;

/** RFC 7638 §3: SHA-256 over the required members in canonical form. A kid is never taken from a file's word. */
export function thumbprint({ crv, kty, x, y }: Record<string, string>): string {
  return hash('sha256', canonicalJson(kty === 'EC' ? { crv, kty, x, y } : { crv, kty, x }), 'base64url');
}

/** The prime of the field of Ed25519 (RFC 8032 §5.1). */
const ED25519_PRIME = 2n ** 255n - 19n;
const ORDER_8_Y = 0x7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7n;

/**
 * The y coordinates of the eight points whose order divides the cofactor. With such a point as the key, a signature verifies
 * for at least one message in eight, whoever made it (RFC 8032 §5.1.7: the key is multiplied by a digest of the message). Whether
 * OpenSSL accepts it depends on its version: that of Node 26.10 does not, that of Node 24.6 does.
 */
const SMALL_ORDER_Y: readonly bigint[] = [0n, 1n, ED25519_PRIME - 1n, ORDER_8_Y, ED25519_PRIME - ORDER_8_Y];

/**
 * Why a public JWK of the right form is a key that nobody may be identified by, as the end of a sentence about it; null for
 * a key that is fine. An Ed25519 text that is the y coordinate of no point is not looked for: nothing verifies by it, and
 * finding out takes longer than reading ten keys.
 */
export function findWeakness(jwk: webcrypto.JsonWebKey): string | null {
  try {
    createPublicKey({ key: jwk, format: 'jwk' });
  } catch {
    return 'lies on no point of its curve';
  }
  if (jwk.crv !== 'Ed25519') return null;
  // Little-endian; the highest bit is the sign of the other coordinate, and says nothing of the order.
  const bytes = Buffer.from(jwk.x ?? '', 'base64url').reverse();
  const coordinate = BigInt.asUintN(255, BigInt(`0x${bytes.toString('hex')}`));
  if (SMALL_ORDER_Y.includes(coordinate % ED25519_PRIME)) {
    return 'is a point of small order: anybody can make signatures that verify by it';
  }
  return coordinate < ED25519_PRIME ? null : 'is a second way to write another key (RFC 8032 §5.1.3)';
}
