import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { AppError } from './errors.ts';
import { parseJwks } from './jwks.ts';
import { thumbprint } from './public-key.ts';

type Jwk = Record<string, string>;
const pair = (curve: 'P-256' | 'P-384' | 'ed25519') =>
  curve === 'ed25519' ? generateKeyPairSync('ed25519') : generateKeyPairSync('ec', { namedCurve: curve });
const publicJwk = (curve: Parameters<typeof pair>[0]) => pair(curve).publicKey.export({ format: 'jwk' }) as Jwk;
const first = publicJwk('ed25519');
const ec = publicJwk('P-256');
const refusal = (jwk: object) => {
  try {
    parseJwks({ keys: [first, jwk] });
  } catch (error) {
    expect(error).toMatchObject({ code: 'key_invalid' });
    return (error as AppError).message;
  }
  return 'accepted';
};

describe('a JWKS', () => {
  it.each<[string, object]>([
    ['without any of the members that name its purpose', ec],
    ['with all of them', { ...ec, kid: thumbprint(ec), alg: 'ES256', use: 'sig', key_ops: ['verify'] }],
    ['with EdDSA by the name of the curve', { ...publicJwk('ed25519'), alg: 'Ed25519' }],
  ])('takes a key %s', (_what, jwk) => {
    expect(parseJwks({ keys: [first, jwk] })).toHaveLength(2);
  });

  it.each<[string, object, string]>([
    ['for encryption', { ...ec, use: 'enc' }, '"use": "enc"'],
    ['for no known use', { ...ec, use: ['sig'] }, '"use": ["sig"]'],
    ['of another algorithm', { ...ec, alg: 'ES384' }, '"alg": "ES384"'],
    ['of an algorithm of another curve', { ...ec, alg: 'EdDSA' }, '"alg": "EdDSA"'],
    ['of HMAC', { ...ec, alg: 'HS256' }, 'is for ES256'],
    ['that only signs', { ...ec, key_ops: ['sign'] }, '"key_ops" without "verify"'],
    ['that is private', pair('P-256').privateKey.export({ format: 'jwk' }), 'the private member "d"'],
    ['that is private, too', pair('ed25519').privateKey.export({ format: 'jwk' }), 'the private member "d"'],
    ['on no point of its curve', { ...ec, x: ec['y'] }, 'not a point on its curve'],
    ['without a coordinate', { kty: 'EC', crv: 'P-256', x: ec['x'] }, 'not a point on its curve'],
    ['under another name', { ...ec, kid: thumbprint(first) }, `RFC 7638 thumbprint, ${thumbprint(ec)}`],
    ['under a name that is none', { ...ec, kid: 7 }, 'RFC 7638 thumbprint'],
    ['that is there already', { ...first }, 'duplicates an earlier key'],
  ])('refuses a key %s by name', (_what, jwk, words) => {
    const { kid } = jwk as Jwk;
    const name = typeof kid === 'string' ? `kid ${kid}` : 'without a kid';
    const message = refusal(jwk);
    expect(message).toMatch(/^Key 2 of the JWKS \(/);
    expect(message).toContain(`(${name}) cannot be used`);
    expect(message).toContain(words);
  });

  it('passes over keys of other kinds, whatever they are for', () => {
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({ format: 'jwk' });
    const others = [{ ...rsa, use: 'enc' }, publicJwk('P-384'), { kty: 'oct', k: 'AA' }, null, 'x', {}];
    expect(parseJwks({ keys: [...others, ec] }).map(({ kid }) => kid)).toEqual([thumbprint(ec)]);
  });

  it.each([null, [], {}, { keys: [] }, { keys: 'x' }, { keys: [{ kty: 'RSA' }] }])(
    'refuses %j, which holds no key',
    (value) => {
      expect(() => parseJwks(value)).toThrow(/contains no ES256 or EdDSA key/);
    },
  );
});
