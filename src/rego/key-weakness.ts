import { createPublicKey, type webcrypto } from 'node:crypto';

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
