import { generateKeyPairSync } from 'node:crypto';
import { type Algorithm, type SigningKey, signCompact } from '../../src/base/jws.ts';
import { type PublicKey, publicKeySchema, thumbprint } from '../../src/base/public-key.ts';
import { APPROVAL_TYPE } from '../../src/contract/signed-verdict.ts';

/** A key of a person's own: what is registered, and what signs. */
export interface PersonKey extends SigningKey {
  jwk: PublicKey;
}

export function newPersonKey(alg: Algorithm = 'ES256'): PersonKey {
  const { privateKey, publicKey } =
    alg === 'ES256' ? generateKeyPairSync('ec', { namedCurve: 'P-256' }) : generateKeyPairSync('ed25519');
  const jwk = publicKeySchema.parse(publicKey.export({ format: 'jwk' }));
  return { kid: thumbprint(jwk), alg, privateKey, jwk };
}

export function signVerdict(key: SigningKey, said: object, typ = APPROVAL_TYPE): string {
  return signCompact(JSON.stringify(said), key, typ);
}

/** Of an ES256 signature (r, s) anybody can make (r, n - s), which verifies as well. */
export function mirrored(jws: string): string {
  const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
  const [header, payload, signature = ''] = jws.split('.');
  const bytes = Buffer.from(signature, 'base64url');
  const s = order - BigInt(`0x${bytes.toString('hex', 32)}`);
  bytes.write(s.toString(16).padStart(64, '0'), 32, 'hex');
  return `${header}.${payload}.${bytes.toString('base64url')}`;
}
