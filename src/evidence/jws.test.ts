import { createPublicKey } from 'node:crypto';
import { chmodSync, mkdtempSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { calculateJwkThumbprint, compactVerify, createLocalJWKSet, type JWK } from 'jose';
import { describe, expect, it } from 'vitest';
import { mirrored } from '../../test/support/signing.ts';
import { SMALL_ORDER_POINTS } from '../../test/support/small-order-points.ts';
import { AppError } from '../base/errors.ts';
import { parseJwks } from '../base/jwks.ts';
import { ALGORITHMS, signCompact, verifyCompact } from '../base/jws.ts';
import { thumbprint } from '../base/public-key.ts';
import { openFingerprintSecret, openKeyring } from './keys.ts';

const TYP = 'decision-record+jwt';
const clock = () => new Date('2026-11-22T12:00:00Z');
const temporaryDir = () => mkdtempSync(join(tmpdir(), 'countersign-keys-'));

describe.each(ALGORITHMS)('a record signed with %s', (alg) => {
  const keyring = openKeyring(temporaryDir(), alg, clock);
  const payload = JSON.stringify({ iss: 'x', n: 'é😀' });
  const jws = signCompact(payload, keyring.active, TYP);

  it('is verified by an independent JOSE implementation', async () => {
    const verified = await compactVerify(jws, createLocalJWKSet(keyring.jwks as { keys: JWK[] }), {
      algorithms: [alg],
    });
    expect(verified.protectedHeader).toEqual({ alg, kid: keyring.active.kid, typ: TYP });
    expect(new TextDecoder().decode(verified.payload)).toBe(payload);
  });

  it('names its key by the RFC 7638 thumbprint that others compute', async () => {
    expect(keyring.active.kid).toBe(await calculateJwkThumbprint(keyring.jwks.keys[0] as JWK));
    expect(Object.keys(keyring.jwks.keys[0] ?? {})).not.toContain('d');
  });

  it('verifies with the published keys, and not with any byte changed', () => {
    const keys = parseJwks(JSON.parse(JSON.stringify(keyring.jwks)));
    expect(verifyCompact(jws, keys, TYP).payload).toEqual(JSON.parse(payload));
    for (let index = 0; index < jws.length; index++) {
      for (const other of ['A', 'B', 'w', '.', '_', '=']) {
        const changed = jws.slice(0, index) + other + jws.slice(index + 1);
        if (changed !== jws) expect(() => verifyCompact(changed, keys, TYP), `byte ${index}`).toThrow(AppError);
      }
    }
  });

  it('does not verify as something else, or by a key of somebody else', () => {
    const strangers = openKeyring(temporaryDir(), alg, clock).verificationKeys;
    expect(() => verifyCompact(jws, strangers, TYP)).toThrow(/No key/);
    expect(() => verifyCompact(jws, keyring.verificationKeys, 'permit+jwt')).toThrow(/typ/);
    expect(() =>
      verifyCompact(signCompact(payload, keyring.active, 'permit+jwt'), keyring.verificationKeys, TYP),
    ).toThrow(/typ/);
  });
});

describe('verifyCompact', () => {
  it('refuses alg none and an algorithm that is not the one of the key', () => {
    const keyring = openKeyring(temporaryDir(), 'ES256', clock);
    const [, body, signature] = signCompact('{}', keyring.active, TYP).split('.');
    for (const alg of ['none', 'HS256', 'EdDSA']) {
      const header = Buffer.from(JSON.stringify({ alg, kid: keyring.active.kid, typ: TYP })).toString('base64url');
      expect(() => verifyCompact(`${header}.${body}.${signature}`, keyring.verificationKeys, TYP)).toThrow(/algorithm/);
      expect(() => verifyCompact(`${header}.${body}.`, keyring.verificationKeys, TYP)).toThrow(AppError);
    }
  });
});

describe('an ES256 signature', () => {
  const { active, verificationKeys, jwks } = openKeyring(temporaryDir(), 'ES256', clock);
  const halfOrder = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n / 2n;
  const sOf = (jws: string) => BigInt(`0x${Buffer.from(jws.split('.')[2] ?? '', 'base64url').toString('hex', 32)}`);

  it('is one string: of the two that verify, the one with the low s is made, and the other refused', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string(), async (text) => {
        const jws = signCompact(JSON.stringify({ text }), active, TYP);
        expect(sOf(jws)).toBeLessThanOrEqual(halfOrder);
        expect(verifyCompact(jws, verificationKeys, TYP).payload).toEqual({ text });
        await compactVerify(jws, createLocalJWKSet(jwks as { keys: JWK[] }));

        const twin = mirrored(jws);
        expect(() => verifyCompact(twin, verificationKeys, TYP)).toThrow(/high s/);
        expect(verifyCompact(twin, verificationKeys, TYP, { acceptHighS: true }).payload).toEqual({ text });
        expect(mirrored(twin)).toBe(jws);
      }),
      { numRuns: 200 },
    );
  });
});

describe('an EdDSA signature', () => {
  it('is one string: with the order of the base point added to its s it is refused', () => {
    const { active, verificationKeys } = openKeyring(temporaryDir(), 'EdDSA', clock);
    const order = 2n ** 252n + 27742317777372353535851937790883648493n;
    const [header, payload, signature = ''] = signCompact('{}', active, TYP).split('.');
    const bytes = Buffer.from(signature, 'base64url');
    const s = BigInt(`0x${Buffer.from(bytes.subarray(32)).reverse().toString('hex')}`) + order;
    const other = Buffer.from(s.toString(16).padStart(64, '0'), 'hex').reverse();
    const twin = `${header}.${payload}.${Buffer.concat([bytes.subarray(0, 32), other]).toString('base64url')}`;
    expect(() => verifyCompact(twin, verificationKeys, TYP)).toThrow(/does not match/);
  });
});

describe('a point of small order', () => {
  /** What OpenSSL takes for signatures by such a key (that of Node 24.6 does, that of 26.10 does not): s is zero. */
  const forgeries = (kid: string, text: string) => {
    const header = Buffer.from(JSON.stringify({ alg: 'EdDSA', kid, typ: TYP })).toString('base64url');
    const body = `${header}.${Buffer.from(text).toString('base64url')}`;
    return SMALL_ORDER_POINTS.map((r) => `${body}.${Buffer.concat([r, Buffer.alloc(32)]).toString('base64url')}`);
  };

  it('verifies nothing, whatever OpenSSL says', () => {
    for (const point of SMALL_ORDER_POINTS) {
      const jwk = { kty: 'OKP', crv: 'Ed25519', x: point.toString('base64url') };
      const kid = thumbprint(jwk);
      const key = { kid, alg: 'EdDSA' as const, publicKey: createPublicKey({ key: jwk, format: 'jwk' }) };
      for (let index = 0; index < 8; index++) {
        for (const jws of forgeries(kid, JSON.stringify({ index }))) {
          expect(() => verifyCompact(jws, [key], TYP)).toThrow(
            expect.objectContaining({ code: 'key_invalid', message: expect.stringContaining(`The key ${kid} cannot`) }),
          );
        }
      }
    }
  });

  it('is refused by name in a JWKS, also beside keys that are fine', () => {
    const { jwks } = openKeyring(temporaryDir(), 'EdDSA', clock);
    for (const point of SMALL_ORDER_POINTS) {
      const jwk = { kty: 'OKP', crv: 'Ed25519', x: point.toString('base64url') };
      expect(() => parseJwks({ keys: [...jwks.keys, jwk] })).toThrow(
        `The key ${thumbprint(jwk)} cannot be used: it is a point of small order`,
      );
    }
  });
});

describe('openKeyring', () => {
  it('makes a key once, private to its owner, and keeps signing with it', () => {
    const dir = temporaryDir();
    const first = openKeyring(dir, 'ES256', clock);
    expect(openKeyring(dir, 'ES256', clock).active.kid).toBe(first.active.kid);
    for (const file of readdirSync(dir)) expect(statSync(join(dir, file)).mode & 0o777).toBe(0o600);
  });

  it('goes on publishing the old key when the algorithm changes', () => {
    const dir = temporaryDir();
    const old = openKeyring(dir, 'ES256', clock);
    const jws = signCompact('{}', old.active, TYP);
    const next = openKeyring(dir, 'EdDSA', clock);
    expect(next.active.kid).not.toBe(old.active.kid);
    expect(next.jwks.keys).toHaveLength(2);
    expect(verifyCompact(jws, parseJwks(next.jwks), TYP).header.kid).toBe(old.active.kid);
  });

  it('refuses a key that others can read, and a file that is no key', () => {
    const dir = temporaryDir();
    openKeyring(dir, 'ES256', clock);
    const [name = ''] = readdirSync(dir);
    chmodSync(join(dir, name), 0o644);
    expect(() => openKeyring(dir, 'ES256', clock)).toThrow(/private to its owner/);
    const other = temporaryDir();
    writeFileSync(join(other, 'broken.jwk.json'), '{}', { mode: 0o600 });
    expect(() => openKeyring(other, 'ES256', clock)).toThrow(AppError);
  });
});

describe('openFingerprintSecret', () => {
  it('gives the same 32 bytes at every start', () => {
    const dir = temporaryDir();
    const secret = openFingerprintSecret(dir);
    expect(secret).toHaveLength(32);
    expect(openFingerprintSecret(dir)).toEqual(secret);
  });
});
