import { type KeyObject, sign, verify } from 'node:crypto';
import { findWeakness } from '../rego/key-weakness.ts';
import { hasHighS, withLowS } from './ecdsa-signature.ts';
import { AppError } from './errors.ts';
import { isObject } from './json-object.ts';

export const ALGORITHMS = ['ES256', 'EdDSA'] as const;
export type Algorithm = (typeof ALGORITHMS)[number];

/** One row per algorithm: callers get a resolved entry and never switch on names (RFC 7518 §3.4, RFC 8037 §3.1). */
const PRIMITIVES: Record<Algorithm, { digest: string | null; kty: string; crv: string }> = {
  ES256: { digest: 'sha256', kty: 'EC', crv: 'P-256' },
  EdDSA: { digest: null, kty: 'OKP', crv: 'Ed25519' },
};

export interface VerificationKey {
  kid: string;
  alg: Algorithm;
  publicKey: KeyObject;
}

/** A private key and its algorithm. It can be posted to other threads. */
export interface SigningKey {
  kid: string;
  alg: Algorithm;
  privateKey: KeyObject;
}

export interface DecodedJws {
  header: { alg: Algorithm; kid: string; typ: string };
  payload: unknown;
}

/** Signs a payload (JSON text) as a compact JWS (RFC 7515 §3.1); an ES256 signature gets the lower of its two values of s. */
export function signCompact(payloadText: string, key: SigningKey, typ: string): string {
  const header = JSON.stringify({ alg: key.alg, kid: key.kid, typ });
  const signingInput = `${base64url(header)}.${base64url(payloadText)}`;
  const signature = sign(PRIMITIVES[key.alg].digest, Buffer.from(signingInput), {
    key: key.privateKey,
    dsaEncoding: 'ieee-p1363',
  });
  const signed = key.alg === 'ES256' ? withLowS(signature) : signature;
  return `${signingInput}.${signed.toString('base64url')}`;
}

export interface VerifyOptions {
  /**
   * From each ES256 signature anyone can make a second one, with n - s for s, that also verifies. Our signatures have the
   * lower s and only that is accepted, so that a record has only one encoding. Other software makes either: default false.
   */
  acceptHighS?: boolean;
}

/** The parts of a compact JWS, unverified. */
export interface CompactParts {
  header: Buffer;
  payload: Buffer;
  signature: Buffer;
  /** The signed bytes: header and payload as received. */
  signingInput: string;
}

/**
 * Splits and decodes an untrusted compact JWS (RFC 7515 §3.1), without verifying anything. Base64url has to be in its one
 * canonical form, so that no byte can change unnoticed. Throws AppError `record_invalid` for anything that is not a compact
 * JWS.
 */
export function decodeCompact(jws: string): CompactParts {
  const parts = jws.split('.', 4);
  if (parts.length !== 3) throw invalid('It is not a compact JWS: it needs three parts.');
  const [header, payload, signature] = parts as [string, string, string];
  return {
    header: decode(header, 'header'),
    payload: decode(payload, 'payload'),
    signature: decode(signature, 'signature'),
    signingInput: `${header}.${payload}`,
  };
}

/**
 * Verifies an untrusted compact JWS over the bytes as received (law 6). Throws AppError `record_invalid`: not a JWS, another
 * `typ`, an unknown key, an algorithm other than the key's own, or a wrong signature; and `key_invalid` for a key with which
 * anyone can sign.
 */
export function verifyCompact(
  jws: string,
  keys: readonly VerificationKey[],
  typ: string,
  options: VerifyOptions = {},
): DecodedJws {
  const parts = decodeCompact(jws);
  const header = readHeader(parts, typ);
  const key = keyOf(header, keys);
  requireSignature(parts, key, options);
  return { header: { alg: key.alg, kid: key.kid, typ }, payload: parsePayload(parts) };
}

/** The payload of a JWS, whose signature was verified. Throws AppError `record_invalid` where it is not JSON. */
export function parsePayload({ payload }: CompactParts): unknown {
  return parseJson(payload, 'payload');
}

/** The header of a JWS of a type, untrusted. Throws AppError `record_invalid`, also for extensions that have to be understood. */
export function readHeader({ header: bytes }: CompactParts, typ: string): Record<string, unknown> {
  const header = parseJson(bytes, 'header');
  if (!isObject(header)) throw invalid('The header is not an object.');
  if (header['typ'] !== typ) throw invalid(`The header says typ ${JSON.stringify(header['typ'])}, not ${typ}.`);
  if (header['crit'] !== undefined) throw invalid('The header has critical extensions.');
  return header;
}

/**
 * The key that an untrusted header names. The algorithm is that of the key, and never chosen by the header. Throws AppError
 * `record_invalid` where there is no such key, and `key_invalid` for one with which anyone can sign.
 */
export function keyOf(header: Record<string, unknown>, keys: readonly VerificationKey[]): VerificationKey {
  const key = keys.find(({ kid }) => kid === header['kid']);
  if (key === undefined) throw invalid(`No key of the JWKS has the kid ${JSON.stringify(header['kid'])}.`);
  if (header['alg'] !== key.alg) throw invalid('The algorithm does not match the key.');
  requireStrongKey(key);
  return key;
}

/** Throws AppError `record_invalid` if the signature does not verify with the key over the bytes as received. */
export function requireSignature(
  { signature, signingInput }: CompactParts,
  key: VerificationKey,
  { acceptHighS = false }: VerifyOptions = {},
): void {
  if (key.alg === 'ES256' && !acceptHighS && hasHighS(signature)) {
    throw invalid(
      'The signature has a high s. Records are signed with a low s, so that each record has only one encoding.',
    );
  }
  const { publicKey } = key;
  const isGenuine = verify(
    PRIMITIVES[key.alg].digest,
    Buffer.from(signingInput),
    { key: publicKey, dsaEncoding: 'ieee-p1363' },
    signature,
  );
  if (!isGenuine) throw invalid('The signature does not match.');
}

/** Throws AppError `key_invalid` for a key with which anyone can sign, regardless of what OpenSSL says of its signatures. */
export function requireStrongKey({ kid, alg, publicKey }: VerificationKey): void {
  if (alg !== 'EdDSA') return; // OpenSSL refuses a point that is not on P-256, whose points are all of the same order.
  const weakness = findWeakness(publicKey.export({ format: 'jwk' }));
  if (weakness !== null) throw new AppError('key_invalid', `The key ${kid} cannot be used: it ${weakness}.`);
}

/**
 * The payload of a compact JWS, unverified: for one that was just signed here, or that is only displayed. Throws if it is not
 * a compact JWS.
 */
export function unverifiedPayload(jws: string): unknown {
  return JSON.parse(unverifiedPart(jws, 'payload').toString());
}

/** The `kid` that a compact JWS names, unverified; null where it names none. */
export function kidOf(jws: string): string | null {
  try {
    const header = JSON.parse(unverifiedPart(jws, 'header').toString()) as { kid?: unknown };
    return typeof header?.kid === 'string' ? header.kid : null;
  } catch {
    return null;
  }
}

/** The bytes of a part as far as they can be read, even of a JWS that would not verify. */
export function unverifiedPart(jws: string, part: 'header' | 'payload'): Buffer {
  return Buffer.from(jws.split('.', 2)[part === 'header' ? 0 : 1] ?? '', 'base64url');
}

/** The algorithm that a public or private JWK is for. Throws AppError `key_invalid` for keys that are not supported. */
export function algorithmOf(jwk: { kty?: string; crv?: string }): Algorithm {
  const found = ALGORITHMS.find((alg) => PRIMITIVES[alg].kty === jwk.kty && PRIMITIVES[alg].crv === jwk.crv);
  if (found === undefined)
    throw new AppError('key_invalid', `Keys of type ${jwk.kty} ${jwk.crv ?? ''} are not supported.`);
  return found;
}

function base64url(text: string): string {
  return Buffer.from(text).toString('base64url');
}

function decode(part: string, name: string): Buffer {
  const bytes = Buffer.from(part, 'base64url');
  if (bytes.toString('base64url') !== part) throw invalid(`The ${name} is not canonical base64url.`);
  return bytes;
}

function parseJson(bytes: Buffer, name: string): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch (cause) {
    throw new AppError('record_invalid', `The ${name} is not JSON.`, { cause });
  }
}

function invalid(message: string): AppError {
  return new AppError('record_invalid', message);
}
