import { createHmac, createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto';
import fc from 'fast-check';
import { parseNumber, type RegoValue } from '../../../src/rego/value.ts';
import { anyText } from '../values.ts';
import { CERTIFICATE_REQUEST, CERTIFICATES, KEYS, OLDER_KEYS } from './key-material.ts';
import type { Strategies } from './strategies.ts';

type Family = keyof typeof KEYS;
const SECRETS = ['secret', '', 'é', '\0'];
const FAMILY_OF: Readonly<Record<string, Family>> = {
  RS: 'rsa',
  PS: 'rsa',
  ES256: 'p256',
  ES384: 'p384',
  ES512: 'p521',
  EdDSA: 'ed25519',
};
const ALGORITHMS = [
  'HS256',
  'HS384',
  'HS512',
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
];

const privateKeys = new Map<Family, KeyObject>(
  Object.entries(KEYS).map(([family, pem]) => [family as Family, createPrivateKey(pem)]),
);

function familyOf(algorithm: string): Family | undefined {
  return FAMILY_OF[algorithm] ?? FAMILY_OF[algorithm.slice(0, 2)];
}

function privateKeyOf(family: Family): KeyObject {
  return privateKeys.get(family) as KeyObject;
}

function signatureOf(algorithm: string, input: string, secret: string): Buffer {
  const hash = `sha${algorithm.slice(2)}`;
  const family = familyOf(algorithm);
  if (family === undefined) return createHmac(hash, secret).update(input).digest();
  const key = privateKeyOf(family);
  if (algorithm === 'EdDSA') return sign(null, Buffer.from(input), key);
  if (algorithm.startsWith('PS')) return sign(hash, Buffer.from(input), { key, padding: 6, saltLength: -1 });
  return sign(hash, Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' });
}

/** The forms in which a key is given: PEM of several kinds, a JWK and a set of them. */
function verifiersOf(family: Family): string[] {
  const key = createPublicKey(privateKeyOf(family));
  const jwk = key.export({ format: 'jwk' });
  const sets = [
    { keys: [jwk] },
    {
      keys: [
        { ...jwk, kid: 'one' },
        { ...jwk, kid: 'two', use: 'sig' },
      ],
    },
    jwk,
    { keys: [{ kty: 'oct', k: 'c2VjcmV0' }, jwk] },
    { keys: [{ ...jwk, alg: 'RS512' }] },
    { keys: [] },
  ];
  return [
    key.export({ format: 'pem', type: 'spki' }).toString(),
    ...sets.map((each) => JSON.stringify(each)),
    privateKeyOf(family).export({ format: 'pem', type: 'pkcs8' }).toString(),
    ...CERTIFICATES,
  ];
}

const HEADERS = [
  '{"alg":"ALG"}',
  '{"alg":"ALG","typ":"JWT"}',
  '{"typ":"jwt","alg":"ALG","kid":"one"}',
  '{"alg":"ALG","kid":"nobody"}',
  '{"alg":"none"}',
  '{"alg":"ALG","crit":["b64"],"b64":false}',
  '{"alg":"ALG","crit":["exp"]}',
  '{"alg":"ALG","cty":"JWT"}',
  '{"alg":1}',
  '{}',
  '[]',
  '{"alg":"ALG","alg":"HS256"}',
  '{"alg":"ALG"} ',
  'x',
  '{"alg":"ALG","enc":"A128GCM"}',
  '{"alg":"alg"}',
  '{"alg":"ALG","typ":1}',
];
const CLAIMS = [
  '{"a":1}',
  '{"iss":"me","aud":"you","exp":4102444800,"nbf":1}',
  '{"iss":"me","aud":["you","they"],"exp":1}',
  '{"exp":"4102444800"}',
  '{"exp":4102444800.5,"nbf":1e3}',
  '{"nbf":4102444800}',
  '{"a":1,"a":2}',
  '{"n":12345678901234567890,"f":1.0}',
  '"text"',
  '[1]',
  'null',
  '{"a":"\\ud800"}',
  '',
  '{"__proto__":1}',
  '{"aud":1}',
  '{"iss":1}',
  '{"aud":[]}',
  '{"exp":null}',
  '{"a":1} ',
];
const MANGLED: ((token: string) => string)[] = [
  (token) => token,
  (token) => token,
  (token) => token,
  (token) => token,
  (token) => token,
  (token) => token,
  (token) => `${token}=`,
  (token) => `${token}.`,
  (token) => token.slice(0, -2),
  (token) => token.replace('.', '..'),
  (token) => `${token}A`,
  (token) => token.replace(/\.[^.]*$/, ''),
  (token) => token.replace(/\.[^.]*$/, '.'),
  (token) => ` ${token}`,
  (token) => `${token}\n`,
  (token) => token.toUpperCase(),
  (token) => `${token}.a.b`,
  (token) => token.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A')),
];
const header = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...HEADERS.slice(0, 3)) },
  { weight: 1, arbitrary: fc.constantFrom(...HEADERS) },
);
const claims = fc.oneof(
  { weight: 2, arbitrary: fc.constantFrom(...CLAIMS.slice(0, 3)) },
  { weight: 2, arbitrary: fc.constantFrom(...CLAIMS) },
);

function tokenOf(algorithm: string): fc.Arbitrary<string> {
  return fc
    .tuple(header, claims, fc.constantFrom(...SECRETS.slice(0, 1), ...SECRETS), fc.constantFrom(...MANGLED))
    .map(([head, body, secret, mangle]) => {
      const input = [head.replace('ALG', algorithm), body]
        .map((part) => Buffer.from(part).toString('base64url'))
        .join('.');
      return mangle(`${input}.${signatureOf(algorithm, input, secret).toString('base64url')}`);
    });
}

function keyOf(algorithm: string): fc.Arbitrary<string> {
  const family = familyOf(algorithm);
  if (family === undefined) return fc.constantFrom('secret', ...SECRETS);
  const own = fc.constantFrom(...verifiersOf(family));
  return fc.oneof(
    { weight: 5, arbitrary: own },
    {
      weight: 1,
      arbitrary: fc
        .constantFrom(...(Object.keys(KEYS) as Family[]))
        .chain((other) => fc.constantFrom(...verifiersOf(other))),
    },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        '',
        'x',
        '{}',
        '{"keys":1}',
        '-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----',
      ),
    },
  );
}

const anyAlgorithm = fc.constantFrom(...ALGORITHMS);
const anyToken = anyAlgorithm.chain(tokenOf);
const constraints = (algorithm: string) =>
  fc
    .tuple(
      keyOf(algorithm),
      fc.constantFrom('secret', ...SECRETS),
      fc.record(
        {
          alg: fc.constantFrom<RegoValue>(algorithm, algorithm, 'HS256', 'none', 1),
          iss: fc.constantFrom<RegoValue>('me', 'me', 'you', '', 1),
          aud: fc.constantFrom<RegoValue>('you', 'you', 'x', '', 1),
          time: fc.constantFrom<RegoValue>(
            parseNumber('1700000000000000000'),
            0,
            parseNumber('4102444800000000000'),
            parseNumber('1.5'),
            'x',
            parseNumber('1000000000'),
          ),
          unknown: fc.constant<RegoValue>(1),
        },
        { requiredKeys: [], noNullPrototype: true },
      ),
      fc.nat(9),
    )
    .map(([cert, secret, { unknown, ...rest }, chance]): RegoValue => {
      const key: Record<string, RegoValue> = familyOf(algorithm) === undefined || chance === 0 ? { secret } : { cert };
      return {
        ...key,
        ...(chance === 1 ? { unknown: unknown ?? 1, secret, cert } : {}),
        ...(rest as Record<string, RegoValue>),
      };
    });

const verify = (algorithm: string) =>
  fc.tuple(
    fc.oneof({ weight: 6, arbitrary: tokenOf(algorithm) }, { weight: 1, arbitrary: anyToken }),
    keyOf(algorithm),
  );

const pem = (label: string, text: string) => `-----BEGIN ${label}-----\n${text}\n-----END ${label}-----\n`;
const certificate = fc.constantFrom(...CERTIFICATES);
const body = (text: string) => text.replace(/-----[^-]+-----|\s/g, '');
const mangledText = (text: string) =>
  fc.constantFrom(
    text,
    text,
    text,
    body(text),
    `${text}${text}`,
    Buffer.from(text).toString('base64'),
    text.replace('\n', '\r\n'),
    `junk\n${text}`,
    `${text}junk`,
    text.slice(0, -40),
    pem('OTHER', body(text)),
    text.replace(/A/, 'B'),
  );
const certificates = fc
  .array(certificate, { minLength: 1, maxLength: 3 })
  .chain((found) => mangledText(found.join('')));
const keyText = fc.constantFrom(...Object.values(KEYS), ...OLDER_KEYS).chain(mangledText);

export const tokenStrategies: Strategies = {
  ...Object.fromEntries(ALGORITHMS.map((algorithm) => [`io.jwt.verify_${algorithm.toLowerCase()}`, verify(algorithm)])),
  'io.jwt.decode': fc.tuple(anyToken),
  'io.jwt.decode_verify': anyAlgorithm.chain((algorithm) => fc.tuple(tokenOf(algorithm), constraints(algorithm))),
  'crypto.x509.parse_certificates': fc.tuple(certificates),
  'crypto.x509.parse_and_verify_certificates': fc.tuple(certificates),
  'crypto.x509.parse_and_verify_certificates_with_options': fc.tuple(
    certificates,
    fc.record(
      {
        DNSName: fc.constantFrom<RegoValue>('www.example.com', 'a.b', '', 1),
        CurrentTime: fc.constantFrom<RegoValue>(parseNumber('1795348800000000000'), 0, 'x'),
        MaxConstraintComparisons: fc.constantFrom<RegoValue>(0, 5, -1),
        KeyUsages: fc.constantFrom<RegoValue>(['KeyUsageAny'], ['KeyUsageServerAuth'], ['x'], []),
      },
      { requiredKeys: [], noNullPrototype: true },
    ) as fc.Arbitrary<RegoValue>,
  ),
  'crypto.x509.parse_certificate_request': fc.tuple(fc.oneof(mangledText(CERTIFICATE_REQUEST), certificates)),
  'crypto.x509.parse_rsa_private_key': fc.tuple(keyText),
  'crypto.parse_private_keys': fc.tuple(keyText),
  'crypto.x509.parse_keypair': fc.tuple(certificates, keyText),
  'crypto.hmac.equal': fc.tuple(anyText, anyText).chain(([a, b]) => fc.constantFrom([a, a], [a, b])),
};
