import { createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { AppError } from '../base/errors.ts';
import { readPrivateFile, writePrivateFile } from '../base/files/private-file.ts';
import type { Jwks, PublicJwk } from '../base/jwks.ts';
import { type Algorithm, algorithmOf, type SigningKey, type VerificationKey } from '../base/jws.ts';
import { thumbprint } from '../base/public-key.ts';

const KEY_ENDING = '.jwk.json';
const FINGERPRINT_SECRET = 'fingerprint.secret';
export const ROW_SECRET = 'rows.secret';
const SECRET_BYTES = 32;

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
 * Opens the signing keys of a folder (private JWKs, 0600, named by their thumbprint). The newest key of the wanted
 * algorithm signs; where there is none, one is made. `needed` are the kids of keys that signed what is kept.
 * Throws AppError `key_invalid` for a file that is not such a key, does not bear its name or can be used by others, and
 * for a needed key that is missing.
 */
export function openKeyring(dir: string, alg: Algorithm, clock: () => Date, needed: readonly string[] = []): Keyring {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const keys = keysIn(dir);
  requireNeeded(dir, keys, needed);
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

/** The newest first. Throws AppError `key_invalid`. */
function keysIn(dir: string): KeptKey[] {
  return readdirSync(dir)
    .filter((name) => !isOther(name))
    .map((name) => readKey(dir, name))
    .sort((a, b) => b.createdAt - a.createdAt);
}

/** The secret under which idempotency fingerprints are made. Throws AppError `key_invalid`. */
export function openFingerprintSecret(dir: string): Buffer {
  const lost = 'idempotency keys of the last day are then refused as used with a different body';
  return openSecret(dir, FINGERPRINT_SECRET, `or remove it: a new one is created, and ${lost}`);
}

/** The public part of every key of a folder, without making one. Throws AppError `key_invalid`. */
export function readVerificationKeys(dir: string): VerificationKey[] {
  return keysIn(dir);
}

/** The secret under which rows of the database are authenticated, and cursors are sealed. Throws AppError `key_invalid`. */
export function openRowSecret(dir: string): Buffer {
  return openSecret(dir, ROW_SECRET, 'because without it forged database rows cannot be detected');
}

/** The same, without making one. Throws AppError `key_invalid` where there is none. */
export function readRowSecret(dir: string): Buffer {
  const file = join(dir, ROW_SECRET);
  if (!existsSync(file)) {
    throw new AppError(
      'key_invalid',
      `There is no ${file}; rows cannot be checked without it. Restore it from a backup: it cannot be created again.`,
    );
  }
  return openRowSecret(dir);
}

/** 32 random bytes, made once and kept. Throws AppError `key_invalid` where the file holds something else. */
function openSecret(dir: string, name: string, otherwise: string): Buffer {
  const file = join(dir, name);
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  writePrivateFile(file, randomBytes(SECRET_BYTES).toString('base64url'), { ifAbsent: true });
  const text = readPrivateFile(file).trim();
  const secret = Buffer.from(text, 'base64url');
  if (secret.length === SECRET_BYTES && secret.toString('base64url') === text) return secret;
  throw new AppError(
    'key_invalid',
    `${file} does not hold ${SECRET_BYTES} bytes in base64url. Restore it from a backup, ${otherwise}.`,
  );
}

function createKey(dir: string, alg: Algorithm, now: Date): KeptKey {
  const { privateKey } =
    alg === 'ES256' ? generateKeyPairSync('ec', { namedCurve: 'P-256' }) : generateKeyPairSync('ed25519');
  const jwk = privateKey.export({ format: 'jwk' });
  const createdAt = now.getTime();
  const name = `${thumbprint(jwk as Record<string, string>)}${KEY_ENDING}`;
  writePrivateFile(join(dir, name), `${JSON.stringify({ ...jwk, created_at: now.toISOString() }, null, 2)}\n`);
  return { ...readKey(dir, name), createdAt };
}

/** Other files allowed in the folder: the secrets, hidden files, partial files after a crash, the root of a file system. */
function isOther(name: string): boolean {
  return (
    [FINGERPRINT_SECRET, ROW_SECRET].includes(name) ||
    name.startsWith('.') ||
    name.endsWith('.tmp') ||
    name === 'lost+found'
  );
}

/** A key under a wrong name must not be ignored: its records could be mistaken for forged ones. */
function requireName(dir: string, name: string, kid: string): void {
  const right = `${kid}${KEY_ENDING}`;
  if (name === right) return;
  throw new AppError(
    'key_invalid',
    `${join(dir, name)} holds a signing key under a wrong name. Rename it to ${right}, or move it out of the folder if it is a copy.`,
  );
}

function requireNeeded(dir: string, keys: readonly KeptKey[], needed: readonly string[]): void {
  const missing = needed.filter((kid) => !keys.some((key) => key.kid === kid));
  if (missing.length === 0) return;
  const files = missing.map((kid) => join(dir, `${kid}${KEY_ENDING}`));
  throw new AppError(
    'key_invalid',
    `Records in the database are signed by keys that are missing. Restore from a backup: ${files.join(', ')}`,
  );
}

function createdAtOf(file: string, createdAt: unknown): number {
  const parsed = z.iso.datetime({ offset: true }).safeParse(createdAt);
  if (parsed.success) return Date.parse(parsed.data);
  throw new AppError(
    'key_invalid',
    `${file} has no member "created_at" with an instant such as "2026-11-28T12:00:00.000Z". The newest key signs: add when this one was created.`,
  );
}

function readKey(dir: string, name: string): KeptKey {
  const file = join(dir, name);
  const text = readPrivateFile(file);
  const { created_at, ...key } = parseKey(file, text);
  requireName(dir, name, key.kid);
  return { ...key, createdAt: createdAtOf(file, created_at) };
}

/** Throws AppError `key_invalid`. */
function parseKey(file: string, text: string): Omit<KeptKey, 'createdAt'> & { created_at: unknown } {
  try {
    const given = JSON.parse(text) as Record<string, string>;
    const alg = algorithmOf(given);
    const privateKey = createPrivateKey({ key: given, format: 'jwk' });
    const publicKey = createPublicKey(privateKey);
    // From the key itself, not from the members of the file, which can differ.
    const jwk = publicKey.export({ format: 'jwk' }) as Record<string, string>;
    const { kty, crv, x, y } = jwk as Record<'kty' | 'crv' | 'x', string> & { y?: string };
    const kid = thumbprint(jwk);
    return {
      kid,
      alg,
      privateKey,
      publicKey,
      created_at: given['created_at'],
      jwk: { kty, crv, x, ...(y === undefined ? {} : { y }), kid, alg, use: 'sig' },
    };
  } catch (cause) {
    throw new AppError(
      'key_invalid',
      `${file} is not a private ES256 or EdDSA key in JWK form. Only signing keys belong in this folder: repair the file, or move it away.`,
      { cause },
    );
  }
}
