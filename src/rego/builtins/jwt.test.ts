import { createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { expect, test } from 'vitest';
import { SMALL_ORDER_POINTS } from '../../../test/support/small-order-points.ts';
import type { RegoValue } from '../value.ts';
import { jwtBuiltins, jwtClockBuiltins } from './jwt.ts';

const NOW_SECONDS = 1_800_000_000;
const NOW = BigInt(NOW_SECONDS) * 1_000_000_000n;
const SECRET = 'secret';
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ed = generateKeyPairSync('ed25519');

function unsigned(claims: object | string, header: object): string {
  const text = typeof claims === 'string' ? claims : JSON.stringify(claims);
  return `${base64url(JSON.stringify(header))}.${base64url(text)}`;
}

function base64url(text: string): string {
  return Buffer.from(text).toString('base64url');
}

function hs256(claims: object | string, header: object = { alg: 'HS256' }): string {
  const input = unsigned(claims, header);
  return `${input}.${createHmac('sha256', SECRET).update(input).digest('base64url')}`;
}

function es256(claims: object, header: object = { alg: 'ES256' }): string {
  const input = unsigned(claims, header);
  const key = { key: ec.privateKey, dsaEncoding: 'ieee-p1363' } as const;
  return `${input}.${sign('sha256', Buffer.from(input), key).toString('base64url')}`;
}

function signed(alg: string, hash: string | null, key: KeyObject): string {
  const input = unsigned({ a: 1 }, { alg });
  return `${input}.${sign(hash, Buffer.from(input), key).toString('base64url')}`;
}

function spki(key: KeyObject): string {
  return key.export({ format: 'pem', type: 'spki' }).toString();
}

function decodeVerify(token: string, constraints: RegoValue): RegoValue | undefined {
  return jwtClockBuiltins['io.jwt.decode_verify']?.(NOW, token, constraints);
}

test('decode keeps numbers exact and takes the last of members with one name', () => {
  const [input] = hs256('{"n": 9223372036854775807, "a": 1, "a": 2}').split(/\.(?=[^.]*$)/);
  expect(jwtBuiltins['io.jwt.decode']?.(`${input}.AAE`)).toEqual([
    { alg: 'HS256' },
    { n: 9_223_372_036_854_775_807n, a: 2 },
    '0001',
  ]);
});

test.each([
  ['abc', 'encoded JWT had no period separators'],
  ['a.b', 'encoded JWT must have 3 sections, found 2'],
  ['a.b.c', 'JWT header had invalid encoding: illegal base64url string: a'],
  ['e30.e30.A!', 'JWT signature had invalid encoding: illegal base64 data at input byte 1'],
  ['WzFd.e30.', 'bad JWT header: decoded JSON type was not an Object'],
  [`${base64url('{"enc": "A128GCM"}')}.e30.`, 'JWT is a JWE object, which is not supported'],
])('decode of %j fails as in OPA', (token, message) => {
  expect(() => jwtBuiltins['io.jwt.decode']?.(token)).toThrow(message);
});

test('verify takes PEM, JWK and JWKS, and no key of another type', () => {
  const jwk = { ...ec.publicKey.export({ format: 'jwk' }), kid: 'k1', alg: 'ES256' };
  const verify = jwtBuiltins['io.jwt.verify_es256'];
  const token = es256({ a: 1 }, { alg: 'ES256', kid: 'k1' });
  for (const key of [spki(ec.publicKey), JSON.stringify(jwk), JSON.stringify({ keys: [jwk] })]) {
    expect(verify?.(token, key)).toBe(true);
    expect(verify?.(`${token.slice(0, -3)}AAA`, key)).toBe(false);
  }
  expect(verify?.(token, spki(rsa.publicKey))).toBe(false);
  expect(verify?.(token, JSON.stringify(ec.privateKey.export({ format: 'jwk' })))).toBe(false);
  expect(() => verify?.(token, `${spki(ec.publicKey)}more`)).toThrow('extra data after a PEM certificate block');
  expect(() => verify?.(token, 'no key')).toThrow('failed to parse a JWK key (set)');
});

test.each([
  ['RS256', 'sha256', rsa],
  ['RS512', 'sha512', rsa],
  ['EdDSA', null, ed],
] as const)('verify_%s verifies', (alg, hash, { privateKey, publicKey }) => {
  const verify = jwtBuiltins[`io.jwt.verify_${alg.toLowerCase()}`];
  expect(verify?.(signed(alg, hash, privateKey), spki(publicKey))).toBe(true);
  expect(verify?.(signed(alg, hash, privateKey), spki(ec.publicKey))).toBe(false);
});

test('verify_eddsa takes no key of small order, by which anybody can sign, whatever OpenSSL says', () => {
  for (const point of SMALL_ORDER_POINTS) {
    const jwk = JSON.stringify({ kty: 'OKP', crv: 'Ed25519', x: point.toString('base64url') });
    for (let index = 0; index < 8; index++) {
      const body = unsigned({ index }, { alg: 'EdDSA' });
      const forged = SMALL_ORDER_POINTS.map(
        (r) => `${body}.${Buffer.concat([r, Buffer.alloc(32)]).toString('base64url')}`,
      );
      for (const token of forged) expect(jwtBuiltins['io.jwt.verify_eddsa']?.(token, jwk)).toBe(false);
    }
  }
});

test('verify_hs256 verifies', () => {
  expect(jwtBuiltins['io.jwt.verify_hs256']?.(hs256({}), SECRET)).toBe(true);
  expect(jwtBuiltins['io.jwt.verify_hs256']?.(hs256({}), 'other')).toBe(false);
});

test.each<[string, string, RegoValue, boolean]>([
  ['nothing else is asked', hs256({ a: 1 }), {}, true],
  ['the audience is asked for', hs256({ aud: ['x', 'y'] }), { aud: 'y' }, true],
  ['the audience is not asked for', hs256({ aud: 'x' }), {}, false],
  ['there is no issuer', hs256({}), { iss: 'i' }, false],
  ['it expires now', hs256({ exp: NOW_SECONDS }), {}, false],
  ['it has not expired', hs256({ exp: NOW_SECONDS + 1 }), {}, true],
  ['it is not yet valid', hs256({ nbf: NOW_SECONDS + 1 }), {}, false],
  ['a time is given', hs256({ exp: NOW_SECONDS }), { time: 1 }, true],
  ['another algorithm is asked for', hs256({}), { alg: 'HS512' }, false],
  ['something critical is unknown', hs256({}, { alg: 'HS256', crit: ['x'], x: 1 }), {}, false],
  ['nobody signed it', `${unsigned({}, { alg: 'none' })}.`, {}, false],
  ['it is nested', hs256(hs256({ a: 1 }), { alg: 'HS256', cty: 'JWT' }), {}, true],
])('decode_verify, when %s', (_when, token, constraints, verified) => {
  expect(decodeVerify(token, { secret: SECRET, ...(constraints as object) })).toMatchObject([verified, {}, {}]);
});

test('a public key is no secret', () => {
  const cert = spki(rsa.publicKey);
  const input = unsigned({}, { alg: 'HS256' });
  const forged = `${input}.${createHmac('sha256', cert).update(input).digest('base64url')}`;
  expect(decodeVerify(forged, { cert })).toEqual([false, {}, {}]);
});

test.each<[RegoValue, string]>([
  [{}, 'no key constraint'],
  [{ secret: 'a', cert: '{"keys":[]}' }, 'duplicate key constraints'],
  [{ secret: 'a', foo: 1 }, 'unknown token validation constraint: foo'],
  [{ secret: 'a', time: -1 }, 'token time constraint: must not be negative'],
])('the constraints %j fail as in OPA', (constraints, message) => {
  expect(() => decodeVerify(hs256({}), constraints)).toThrow(message);
});

test('a header parameter has to be a string, whether the signature holds or not', () => {
  const token = es256({ a: 1 }, { alg: 'ES256', typ: 1 });
  expect(() => jwtBuiltins['io.jwt.verify_es256']?.(token, spki(ec.publicKey))).toThrow('typ: must be a string');
  expect(() => decodeVerify(token, { cert: spki(ec.publicKey) })).toThrow('typ: must be a string');
});

test('of critical parameters only names count, up to the first that is none', () => {
  const verify = (crit: unknown) => decodeVerify(hs256({ a: 1 }, { alg: 'HS256', crit, x: 1 }), { secret: SECRET });
  expect(verify(['y', 1, 'x'])).toMatchObject([true, {}, {}]);
  expect(verify(['x', 1])).toEqual([false, {}, {}]);
  expect(() => verify([1, 'x'])).toThrow('crit: must be a nonempty list');
});
