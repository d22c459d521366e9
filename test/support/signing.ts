import { generateKeyPairSync } from 'node:crypto';
import { type PublicKey, publicKeySchema, thumbprint } from '../../src/domain/public-key.ts';
import { APPROVAL_TYPE } from '../../src/domain/signed-verdict.ts';
import { type Algorithm, type SigningKey, signCompact } from '../../src/evidence/jws.ts';

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
