import { createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '../domain/errors.ts';
import { thumbprint } from '../domain/public-key.ts';
import { type Algorithm, algorithmOf, type SigningKey, type VerificationKey } from './jws.ts';
import { readPrivateFile, writePrivateFile } from './private-file.ts';

export interface PublicJwk {
  kty: string;
  crv: string;
  x: string;
  y?: string;
  kid: string;
  alg: Algorithm;
  use: 'sig';
}

export interface Jwks {
  keys: PublicJwk[];
}

/** The key that signs, and every key that ever signed, so that old records stay verifiable. */
export interface Keyring {
  readonly active: SigningKey;
  readonly jwks: Jwks;
  readonly verificationKeys: readonly VerificationKey[];
}

interface KeptKey extends VerificationKey, SigningKey {
  createdAt: number;
  jwk: PublicJwk;
}

/**
 * Opens the signing keys of a folder (private JWKs, 0600). The newest key of the wanted algorithm signs; where there is
 * none, one is made. Throws AppError `key_invalid` for a file that is not such a key or that others can read.
 */
export function openKeyring(dir: string, alg: Algorithm, clock: () => Date): Keyring {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const keys = keysIn(dir);
  let active = keys.find((key) => key.alg === alg);
  if (active === undefined) {
    active = createKey(dir, alg, clock());
    keys.unshift(active);
  }
  const { kid, privateKey } = active;
  return {
    active: { kid, alg, privateKey },
    jwks: { keys: keys.map(({ jwk }) => jwk) },
    verificationKeys: keys,
  };
}

/** The newest first. */
function keysIn(dir: string): KeptKey[] {
  return readdirSync(dir)
    .filter((name) => name.endsWith('.jwk.json'))
    .map((name) => readKey(join(dir, name)))
    .sort((a, b) => b.createdAt - a.createdAt);
}

/** The secret under which idempotency fingerprints are made. */
export function openFingerprintSecret(dir: string): Buffer {
  return openSecret(dir, 'fingerprint.secret');
}

/** The public part of every key of a folder, without making one. Throws AppError `key_invalid`. */
export function readVerificationKeys(dir: string): VerificationKey[] {
  return keysIn(dir);
}

/** The secret under which rows of the database are authenticated, and cursors are sealed. */
export function openRowSecret(dir: string): Buffer {
  return openSecret(dir, ROW_SECRET);
}

/** The same, without making one. Throws AppError `key_invalid` where there is none. */
export function readRowSecret(dir: string): Buffer {
  const file = join(dir, ROW_SECRET);
  if (!existsSync(file)) throw new AppError('key_invalid', `There is no ${file}; rows cannot be checked without it.`);
  return Buffer.from(readPrivateFile(file), 'base64url');
}

const ROW_SECRET = 'rows.secret';

/** 32 random bytes, made once and kept. */
function openSecret(dir: string, name: string): Buffer {
  const file = join(dir, name);
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  writePrivateFile(file, randomBytes(32).toString('base64url'), { ifAbsent: true });
  return Buffer.from(readPrivateFile(file), 'base64url');
}

/** Turns a JWKS (untrusted JSON) into keys. Throws AppError `key_invalid` where it holds none that we can use. */
export function parseJwks(value: unknown): VerificationKey[] {
  const members = (value as { keys?: unknown } | null)?.keys;
  const jwks = Array.isArray(members) ? members : [];
  const keys = jwks.flatMap((jwk: Record<string, string>) => {
    try {
      const publicKey = createPublicKey({ key: jwk, format: 'jwk' });
      return [{ kid: thumbprint(jwk), alg: algorithmOf(jwk), publicKey }];
    } catch {
      return []; // A JWKS may hold keys for other purposes (RFC 7517 §5).
    }
  });
  if (keys.length === 0) throw new AppError('key_invalid', 'The JWKS holds no ES256 or EdDSA key.');
  return keys;
}

function createKey(dir: string, alg: Algorithm, now: Date): KeptKey {
  const { privateKey } =
    alg === 'ES256' ? generateKeyPairSync('ec', { namedCurve: 'P-256' }) : generateKeyPairSync('ed25519');
  const jwk = privateKey.export({ format: 'jwk' });
  const createdAt = now.getTime();
  const file = join(dir, `${thumbprint(jwk as Record<string, string>)}.jwk.json`);
  writePrivateFile(file, `${JSON.stringify({ ...jwk, created_at: now.toISOString() }, null, 2)}\n`);
  return { ...readKey(file), createdAt };
}

function readKey(file: string): KeptKey {
  try {
    const jwk = JSON.parse(readPrivateFile(file)) as Record<string, string>;
    const alg = algorithmOf(jwk);
    const privateKey = createPrivateKey({ key: jwk, format: 'jwk' });
    const { kty, crv, x, y } = jwk as Record<'kty' | 'crv' | 'x', string> & { y?: string };
    const kid = thumbprint(jwk);
    return {
      kid,
      alg,
      privateKey,
      publicKey: createPublicKey(privateKey),
      createdAt: Date.parse(jwk['created_at'] ?? '') || 0,
      jwk: { kty, crv, x, ...(y === undefined ? {} : { y }), kid, alg, use: 'sig' },
    };
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    throw new AppError('key_invalid', `${file} is not a private key in JWK form.`, { cause });
  }
}
