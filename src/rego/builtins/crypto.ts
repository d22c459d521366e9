import { createHmac, createPrivateKey, hash, type KeyObject, timingSafeEqual } from 'node:crypto';
import type { RegoValue } from '../value.ts';
import type { Builtin, BuiltinTable } from './builtin.ts';
import { decodeBase64, decodePemBlocks, type PemBlock } from './go-encoding.ts';
import { stringOperand } from './operands.ts';

type HashName = 'md5' | 'sha1' | 'sha256' | 'sha512';

function hashBuiltin(algorithm: HashName): Builtin {
  return (text) => hash(algorithm, stringOperand(text as RegoValue, 1));
}

function hmacBuiltin(algorithm: HashName): Builtin {
  return (text, key) => {
    const message = stringOperand(text as RegoValue, 1);
    return createHmac(algorithm, stringOperand(key as RegoValue, 2))
      .update(message)
      .digest('hex');
  };
}

const hmacEqual: Builtin = (first, second) => {
  const one = Buffer.from(stringOperand(first as RegoValue, 1));
  const other = Buffer.from(stringOperand(second as RegoValue, 2));
  return one.length === other.length && timingSafeEqual(one, other);
};

const parsePrivateKeys: Builtin = (text) => {
  const pem = stringOperand(text as RegoValue, 1);
  return pem === '' ? null : privateKeysIn(pem).map(toGoPrivateKey);
};

/** The first private key of any type as a JWK, or null; only its name speaks of RSA. */
const parseRsaPrivateKey: Builtin = (text) => {
  const given = stringOperand(text as RegoValue, 1);
  if (given === '') throw new Error('input PEM data was empty');
  const [key] = privateKeysIn(given.startsWith('-----BEGIN') ? given : decodeBase64(given).toString());
  return key === undefined ? null : (key.export({ format: 'jwk' }) as { [name: string]: string });
};

export const cryptoBuiltins: BuiltinTable = {
  'crypto.hmac.equal': hmacEqual,
  'crypto.hmac.md5': hmacBuiltin('md5'),
  'crypto.hmac.sha1': hmacBuiltin('sha1'),
  'crypto.hmac.sha256': hmacBuiltin('sha256'),
  'crypto.hmac.sha512': hmacBuiltin('sha512'),
  'crypto.md5': hashBuiltin('md5'),
  'crypto.parse_private_keys': parsePrivateKeys,
  'crypto.sha1': hashBuiltin('sha1'),
  'crypto.sha256': hashBuiltin('sha256'),
  'crypto.x509.parse_rsa_private_key': parseRsaPrivateKey,
};

/** The encodings of private keys by the type of their PEM block; blocks of other types are passed over. */
const KEY_ENCODINGS: Readonly<Record<string, 'pkcs1' | 'pkcs8' | 'sec1'>> = {
  'EC PRIVATE KEY': 'sec1',
  'PRIVATE KEY': 'pkcs8',
  'RSA PRIVATE KEY': 'pkcs1',
};

/** The private keys in PEM text, or in base64 of PEM text. Throws Error for a block that holds no such key. */
function privateKeysIn(text: string): KeyObject[] {
  return decodePemBlocks(unwrapped(text)).flatMap(({ type, bytes }: PemBlock) => {
    const encoding = Object.hasOwn(KEY_ENCODINGS, type) ? KEY_ENCODINGS[type] : undefined;
    return encoding === undefined ? [] : [parsePrivateKey(bytes, encoding)];
  });
}

function unwrapped(text: string): string {
  try {
    return decodeBase64(text).toString();
  } catch {
    return text;
  }
}

export function parsePrivateKey(der: Buffer, type: 'pkcs1' | 'pkcs8' | 'sec1'): KeyObject {
  try {
    return createPrivateKey({ key: der, format: 'der', type });
  } catch (cause) {
    throw new Error('x509: failed to parse private key', { cause });
  }
}

/** The JSON of Go's rsa.PrivateKey, ecdsa.PrivateKey, ed25519.PrivateKey and ecdh.PrivateKey, whose fields are hidden. */
export function toGoPrivateKey(key: KeyObject): RegoValue {
  const jwk = key.export({ format: 'jwk' });
  const integer = (field: 'd' | 'dp' | 'dq' | 'e' | 'n' | 'p' | 'q' | 'qi' | 'x' | 'y') =>
    toInteger(fromUrl(jwk[field]));
  if (jwk.kty === 'RSA') {
    return {
      N: integer('n'),
      E: integer('e'),
      D: integer('d'),
      Primes: [integer('p'), integer('q')],
      Precomputed: { Dp: integer('dp'), Dq: integer('dq'), Qinv: integer('qi'), CRTValues: [] },
    };
  }
  if (jwk.kty === 'EC') return { Curve: {}, X: integer('x'), Y: integer('y'), D: integer('d') };
  if (jwk.crv === 'X25519') return {};
  return Buffer.concat([fromUrl(jwk.d), fromUrl(jwk.x)]).toString('base64');
}

export function toInteger(bytes: Buffer): bigint {
  return BigInt(`0x0${bytes.toString('hex')}`);
}

function fromUrl(text: string | undefined): Buffer {
  return Buffer.from(text ?? '', 'base64url');
}
