import {
  constants,
  createHmac,
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  type KeyObject,
  timingSafeEqual,
  verify,
  X509Certificate,
} from 'node:crypto';
import { findWeakness } from '../key-weakness.ts';
import {
  numericValue,
  parseNumber,
  type RegoNumber,
  type RegoObject,
  type RegoValue,
  regoEntries,
  regoTypeOf,
} from '../value.ts';
import type { Builtin, BuiltinTable, ClockBuiltin } from './builtin.ts';
import { decodeBase64Url, decodePem } from './go-encoding.ts';
import { objectOperand, stringOperand } from './operands.ts';

/** An object of JSON, as tokens carry it. */
type Claims = { [name: string]: RegoValue };

interface Token {
  /** The three parts as they stand in the token. */
  header: string;
  payload: string;
  signature: string;
}

type Family = 'RS' | 'PS' | 'ES' | 'HS' | 'EdDSA';
type HashName = 'sha256' | 'sha384' | 'sha512';

interface Algorithm {
  family: Family;
  /** Null where the algorithm brings its own. */
  hash: HashName | null;
}

const ALGORITHMS: ReadonlyMap<string, Algorithm> = new Map<string, Algorithm>([
  ...(['RS', 'PS', 'ES', 'HS'] as const).flatMap((family) =>
    (['256', '384', '512'] as const).map(
      (bits) => [`${family}${bits}`, { family, hash: `sha${bits}` }] as [string, Algorithm],
    ),
  ),
  ['EdDSA', { family: 'EdDSA', hash: null }],
]);

/** Go refuses shorter RSA keys as insecure. */
const MIN_RSA_BITS = 1024;

/** A key of a JWKS, or that of a certificate, which has no `alg` and no `kid`. */
interface VerificationKey {
  alg: string;
  kid: string;
  key: KeyObject;
}

/** Header, payload and signature (hex) of a token that nobody has verified. A nested token is opened. */
const decode: Builtin = (text) => {
  const token = splitToken(text as RegoValue);
  const header = decodeHeader(token);
  const payload = decodePart(token.payload, 'payload');
  if (Object.hasOwn(header, 'cty') && headerString(header, 'cty') === 'JWT') {
    return decode(payload.toString().replace(/^["']+|["']+$/g, ''));
  }
  return [header, parseObject(payload), decodePart(token.signature, 'signature').toString('hex')];
};

/**
 * `[true, header, payload]` for a token that is signed by a key of the constraints and meets them all, else `[false, {}, {}]`.
 * Without a `time` among the constraints, `exp` and `nbf` are held against the instant of the evaluation.
 */
const decodeVerify: ClockBuiltin = (nowNs, text, constraintsOperand) => {
  const constraints = parseConstraints(objectOperand(constraintsOperand as RegoValue, 2), nowNs);
  const unverified: RegoValue = [false, {}, {}];
  let outer = text as RegoValue;
  for (;;) {
    const token = splitToken(outer);
    const header = decodeHeader(token);
    if (!isAcceptableHeader(header) || !hasExpectedAlgorithm(header, constraints)) return unverified;
    if (!isSigned(token, header, constraints)) return unverified;
    const payload = decodePart(token.payload, 'payload');
    if (headerString(header, 'cty').toUpperCase() !== 'JWT') {
      const claims = parseObject(payload);
      return meets(claims, constraints) ? [true, header, claims] : unverified;
    }
    outer = payload.toString();
  }
};

function verifyBuiltin({ family, hash }: Algorithm): Builtin {
  return (text, keyOperand) => {
    const token = splitToken(text as RegoValue);
    const keys = parseKeys(stringOperand(keyOperand as RegoValue, 2));
    const signature = decodeBase64Url(token.signature);
    const header = decodeHeader(token);
    checkParameters(header);
    const [kid, alg] = [headerString(header, 'kid'), headerString(header, 'alg')];
    // ECDSA here takes signatures of any length, decode_verify only those of the curve's: OPA has one library for each.
    return anyKeyVerifies(keys, kid, alg, (key) => isSignedBy(key, { family, hash }, token, signature, 'lenient'));
  };
}

function verifyHmacBuiltin({ hash }: Algorithm): Builtin {
  return (text, secretOperand) => {
    const secret = stringOperand(secretOperand as RegoValue, 2);
    const token = splitToken(text as RegoValue);
    return isHmac(Buffer.from(secret), hash, token, decodeBase64Url(token.signature));
  };
}

export const jwtBuiltins: BuiltinTable = {
  'io.jwt.decode': decode,
  ...Object.fromEntries(
    [...ALGORITHMS].map(([name, algorithm]) => [
      `io.jwt.verify_${name.toLowerCase()}`,
      algorithm.family === 'HS' ? verifyHmacBuiltin(algorithm) : verifyBuiltin(algorithm),
    ]),
  ),
};

export const jwtClockBuiltins: BuiltinTable<ClockBuiltin> = { 'io.jwt.decode_verify': decodeVerify };

function splitToken(operand: RegoValue): Token {
  const text = stringOperand(operand, 1);
  if (!text.includes('.')) throw new Error('encoded JWT had no period separators');
  const [header = '', payload = '', signature = '', ...more] = text.split('.');
  const count = text.split('.').length;
  if (count !== 3 || more.length > 0) throw new Error(`encoded JWT must have 3 sections, found ${count}`);
  return { header, payload, signature };
}

function decodePart(part: string, name: 'header' | 'payload' | 'signature'): Buffer {
  try {
    return decodeBase64Url(part);
  } catch (cause) {
    throw new Error(`JWT ${name} had invalid encoding: ${(cause as Error).message}`, { cause });
  }
}

function decodeHeader(token: Token): Claims {
  const text = decodePart(token.header, 'header');
  let header: Claims;
  try {
    header = parseObject(text);
  } catch (cause) {
    throw new Error(`bad JWT header: ${(cause as Error).message}`, { cause });
  }
  if (Object.hasOwn(header, 'enc')) throw new Error('JWT is a JWE object, which is not supported');
  return header;
}

/** Numbers exact; of members with the same name the last one counts, as in Go. */
function parseObject(bytes: Buffer): Claims {
  let value: RegoValue;
  try {
    value = JSON.parse(bytes.toString(), (_key, member, context?: { source?: string }) => {
      return typeof member === 'number' ? parseNumber(context?.source ?? String(member)) : member;
    });
  } catch (cause) {
    throw new Error(`invalid JSON: ${(cause as Error).message}`, { cause });
  }
  if (regoTypeOf(value) !== 'object') throw new Error('decoded JSON type was not an Object');
  return value as Claims;
}

/** Empty if the header has no such parameter. */
function headerString(header: Claims, name: 'alg' | 'kid' | 'typ' | 'cty'): string {
  const value = Object.hasOwn(header, name) ? header[name] : '';
  if (typeof value !== 'string') throw new Error(`${name}: must be a string`);
  return value;
}

const KNOWN_PARAMETERS = new Set(['alg', 'kid', 'typ', 'cty', 'crit']);

/** Throws Error for a parameter of the wrong type. */
function checkParameters(header: Claims): void {
  for (const name of ['alg', 'kid', 'typ', 'cty'] as const) headerString(header, name);
  if (Object.hasOwn(header, 'crit') && criticalParameters(header).length === 0) {
    throw new Error('crit: must be a nonempty list');
  }
}

/** Up to the first that is no name: there OPA stops reading. */
function criticalParameters(header: Claims): RegoValue[] {
  const crit = Object.hasOwn(header, 'crit') ? header['crit'] : [];
  if (!Array.isArray(crit)) throw new Error('crit: must be a list');
  const end = crit.findIndex((each) => typeof each !== 'string');
  return end < 0 ? crit : crit.slice(0, end);
}

/** `alg` must be there, and nothing critical that nobody here knows (RFC 7515, 4.1.1 and 4.1.11). */
function isAcceptableHeader(header: Claims): boolean {
  checkParameters(header);
  const critical = new Set(criticalParameters(header));
  const unknown = Object.keys(header).filter((name) => !KNOWN_PARAMETERS.has(name));
  return headerString(header, 'alg') !== '' && !unknown.some((name) => critical.has(name));
}

/** What decode_verify asks of a token. An empty text asks for nothing. */
interface Constraints {
  keys: VerificationKey[] | undefined;
  secret: string;
  alg: string;
  iss: string;
  aud: string;
  timeNs: number;
}

function parseConstraints(operand: RegoObject, nowNs: bigint): Constraints {
  const constraints: Constraints = { keys: undefined, secret: '', alg: '', iss: '', aud: '', timeNs: Number(nowNs) };
  for (const [name, value] of regoEntries(operand)) {
    switch (name) {
      case 'cert':
        constraints.keys = parseKeys(constraintString('cert', value));
        break;
      case 'secret':
      case 'alg':
      case 'iss':
      case 'aud':
        constraints[name] = constraintString(name, value);
        break;
      case 'time':
        constraints.timeNs = constraintTime(value);
        break;
      default:
        throw new Error(`unknown token validation constraint: ${name}`);
    }
  }
  if (constraints.keys !== undefined && constraints.secret !== '') throw new Error('duplicate key constraints');
  if (constraints.keys === undefined && constraints.secret === '') throw new Error('no key constraint');
  return constraints;
}

function constraintString(name: string, value: RegoValue): string {
  if (typeof value !== 'string') throw new Error(`${name} constraint: must be a string`);
  return value;
}

function constraintTime(value: RegoValue): number {
  if (regoTypeOf(value) !== 'number') throw new Error('token time constraint: must be a number');
  const time = Number(numericValue(value as RegoNumber));
  if (time < 0) throw new Error('token time constraint: must not be negative');
  return time;
}

function hasExpectedAlgorithm(header: Claims, { alg }: Constraints): boolean {
  return alg === '' || alg === headerString(header, 'alg');
}

function isSigned(token: Token, header: Claims, { keys, secret }: Constraints): boolean {
  const signature = decodeBase64Url(token.signature);
  const name = headerString(header, 'alg');
  const algorithm = ALGORITHMS.get(name);
  if (algorithm === undefined) return false;
  const candidates = keys ?? [{ alg: '', kid: '', key: createSecretKey(Buffer.from(secret)) }];
  return anyKeyVerifies(candidates, headerString(header, 'kid'), name, (key) => {
    return isSignedBy(key, algorithm, token, signature, 'strict');
  });
}

/** The key that the token names, and no other; if there is none of that name, any of the token's algorithm. */
function anyKeyVerifies(
  keys: readonly VerificationKey[],
  kid: string,
  alg: string,
  verifies: (key: KeyObject) => boolean,
): boolean {
  const named = kid === '' ? undefined : keys.find((key) => key.kid === kid);
  if (named !== undefined) return verifies(named.key);
  return keys.some((key) => (key.alg === '' || key.alg === alg) && verifies(key.key));
}

/** Lenient as the builtins io.jwt.verify_*, strict as io.jwt.decode_verify. */
type Mode = 'lenient' | 'strict';

function isSignedBy(key: KeyObject, algorithm: Algorithm, token: Token, signature: Buffer, mode: Mode): boolean {
  const { family, hash } = algorithm;
  if (family === 'HS') return key.type === 'secret' && isHmac(key.export(), hash, token, signature);
  // The builtins that verify want a public key, decode_verify makes do with a private one.
  if (key.type === 'secret' || (mode === 'lenient' && key.type === 'private')) return false;
  const publicKey = key.type === 'private' ? createPublicKey(key) : key;
  const data = Buffer.from(`${token.header}.${token.payload}`);
  if (family === 'EdDSA') {
    if (publicKey.asymmetricKeyType !== 'ed25519') return false;
    // Whether OpenSSL accepts signatures by a weak key depends on its version, and an evaluation must not (law 5).
    return findWeakness(publicKey.export({ format: 'jwk' })) === null && verify(null, data, publicKey, signature);
  }
  if (family === 'ES') return isEcdsa(publicKey, hash, data, signature, mode);
  return isRsa(publicKey, algorithm, data, signature, mode);
}

function isRsa(key: KeyObject, { family, hash }: Algorithm, data: Buffer, signature: Buffer, mode: Mode): boolean {
  const bits = key.asymmetricKeyType === 'rsa' ? (key.asymmetricKeyDetails?.modulusLength ?? 0) : 0;
  if (bits < MIN_RSA_BITS) return false;
  if (family === 'RS') return verify(hash, data, key, signature);
  const saltLength = mode === 'lenient' ? constants.RSA_PSS_SALTLEN_AUTO : constants.RSA_PSS_SALTLEN_DIGEST;
  return verify(hash, data, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength }, signature);
}

function isEcdsa(key: KeyObject, hash: HashName | null, data: Buffer, signature: Buffer, mode: Mode): boolean {
  const packed = packEcdsa(signature, key.asymmetricKeyDetails?.namedCurve, mode);
  return packed !== undefined && verify(hash, data, { key, dsaEncoding: 'ieee-p1363' }, packed);
}

function isHmac(secret: Buffer, hash: HashName | null, token: Token, signature: Buffer): boolean {
  const expected = createHmac(hash ?? '', secret)
    .update(`${token.header}.${token.payload}`)
    .digest();
  return expected.length === signature.length && timingSafeEqual(expected, signature);
}

const COORDINATE_BYTES: Readonly<Record<string, number>> = { prime256v1: 32, secp384r1: 48, secp521r1: 66 };

/** r and s at the width of the curve; undefined if they cannot be a signature. */
function packEcdsa(signature: Buffer, curve: string | undefined, mode: Mode): Buffer | undefined {
  const width = COORDINATE_BYTES[curve ?? ''];
  if (width === undefined || (mode === 'strict' && signature.length !== 2 * width)) return undefined;
  const half = Math.floor(signature.length / 2);
  const parts = [signature.subarray(0, half), signature.subarray(half)].map((part) => {
    const digits = part.toString('hex').replace(/^(?:00)+/, '');
    return digits.length > 2 * width ? undefined : digits.padStart(2 * width, '0');
  });
  return parts.includes(undefined) ? undefined : Buffer.from(parts.join(''), 'hex');
}

/** The keys of a PEM certificate, a PEM public key, a JWK or a JWKS; of the latter those with an algorithm that is known. */
function parseKeys(text: string): VerificationKey[] {
  const pem = decodePem(text);
  if (pem === null) return parseJwks(text);
  if (pem.rest !== '') throw new Error('extra data after a PEM certificate block');
  const { type, bytes } = pem.block;
  if (type === 'CERTIFICATE') {
    return [anonymous('certificate', () => new X509Certificate(bytes).publicKey)];
  }
  if (type === 'PUBLIC KEY') {
    return [anonymous('public key', () => createPublicKey({ key: bytes, format: 'der', type: 'spki' }))];
  }
  throw new Error('failed to extract a Key from the PEM certificate');
}

function anonymous(what: string, parse: () => KeyObject): VerificationKey {
  try {
    return { alg: '', kid: '', key: parse() };
  } catch (cause) {
    throw new Error(`failed to parse a PEM ${what}: ${(cause as Error).message}`, { cause });
  }
}

/** What is read of a JSON Web Key here; node:crypto reads the rest. */
interface Jwk {
  [parameter: string]: unknown;
  kty?: string;
  alg?: string;
  kid?: string;
  k?: string;
  d?: string;
}

function parseJwks(text: string): VerificationKey[] {
  try {
    const parsed = JSON.parse(text) as Jwk & { keys?: Jwk[] };
    return (parsed.keys ?? [parsed])
      .map((jwk) => ({ alg: String(jwk.alg ?? ''), kid: String(jwk.kid ?? ''), key: parseJwk(jwk) }))
      .filter(({ alg }) => alg === '' || ALGORITHMS.has(alg));
  } catch (cause) {
    throw new Error(`failed to parse a JWK key (set): ${(cause as Error).message}`, { cause });
  }
}

function parseJwk(jwk: Jwk): KeyObject {
  if (jwk.kty === 'oct') return createSecretKey(Buffer.from(jwk.k ?? '', 'base64url'));
  const parse = jwk.d === undefined ? createPublicKey : createPrivateKey;
  return parse({ key: jwk, format: 'jwk' });
}

/** The registered claims of RFC 7519, 4.1. */
function meets(claims: Claims, { iss, aud, timeNs }: Constraints): boolean {
  if (iss !== '' && claim(claims, 'iss') !== iss) return false;
  if (!isAudience(claim(claims, 'aud'), aud)) return false;
  const seconds = timeNs / 1e9;
  const [expiresAt, notBefore] = [claimTime(claims, 'exp'), claimTime(claims, 'nbf')];
  return (expiresAt === undefined || seconds < expiresAt) && (notBefore === undefined || seconds >= notBefore);
}

/** A token for an audience is only for those who say that they are it. */
function isAudience(claimed: RegoValue | undefined, aud: string): boolean {
  if (claimed === undefined) return aud === '';
  return Array.isArray(claimed) ? claimed.includes(aud) : claimed === aud;
}

function claimTime(claims: Claims, name: 'exp' | 'nbf'): number | bigint | undefined {
  const value = claim(claims, name);
  if (value === undefined) return undefined;
  if (regoTypeOf(value) !== 'number') throw new Error(`${name} value must be a number`);
  return numericValue(value as RegoNumber);
}

function claim(claims: Claims, name: string): RegoValue | undefined {
  return Object.hasOwn(claims, name) ? claims[name] : undefined;
}
