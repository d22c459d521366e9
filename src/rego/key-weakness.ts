import { createPublicKey, type webcrypto } from 'node:crypto';

/** The prime of the field of Ed25519 (RFC 8032 §5.1). */
const ED25519_PRIME = 2n ** 255n - 19n;
const ORDER_8_Y = 0x7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7n;

/**
 * The y coordinates of the eight points of small order. With such a point as the key, anybody can make a signature that verifies
 * for at least one message in eight (RFC 8032 §5.1.7: the key is multiplied by a digest of the message). Whether OpenSSL accepts
 * these keys depends on its version: that of Node 24.6 does, that of Node 26.10 does not.
 */
const SMALL_ORDER_Y: readonly bigint[] = [0n, 1n, ED25519_PRIME - 1n, ORDER_8_Y, ED25519_PRIME - ORDER_8_Y];

/**
 * Why a well-formed public JWK must not be used to identify anybody, as the end of a sentence about the key; null for a sound
 * key. Ed25519 texts that are not the y coordinate of a point are not detected: no signature verifies with them, and the check
 * would take longer than reading ten keys.
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
