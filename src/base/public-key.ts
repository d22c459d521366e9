import { hash } from 'node:crypto';
import { z } from 'zod';
import { canonicalJson } from './canonical-json.ts';

/** 32 bytes in base64url, which has one form: with another ending the same key would have another thumbprint. */
const bytes32 = z.string().regex(/^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/);

/** A public JWK for ES256 or EdDSA, with exactly the members of the public key, and without the private one. */
export const publicKeySchema = z.discriminatedUnion('kty', [
  z.strictObject({ kty: z.literal('EC'), crv: z.literal('P-256'), x: bytes32, y: bytes32 }),
  z.strictObject({ kty: z.literal('OKP'), crv: z.literal('Ed25519'), x: bytes32 }),
]);
export type PublicKey = z.infer<typeof publicKeySchema>;

/** RFC 7638 §3: SHA-256 over the required members in canonical form. A kid is never read from a file. */
export function thumbprint({ crv, kty, x, y }: Record<string, string>): string {
  return hash('sha256', canonicalJson(kty === 'EC' ? { crv, kty, x, y } : { crv, kty, x }), 'base64url');
}
