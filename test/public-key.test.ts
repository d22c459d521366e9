import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { findWeakness } from '../src/rego/key-weakness.ts';
import { NON_CANONICAL_POINTS, SMALL_ORDER_POINTS } from './support/small-order-points.ts';

const edwards = (point: Buffer) => ({ kty: 'OKP', crv: 'Ed25519', x: point.toString('base64url') });

describe('findWeakness', () => {
  it('knows every way to write a point of small order', () => {
    expect(SMALL_ORDER_POINTS).toHaveLength(14);
    expect(SMALL_ORDER_POINTS.map((point) => point.toString('hex'))).toContain(`01${'00'.repeat(31)}`);
    for (const point of SMALL_ORDER_POINTS) expect(findWeakness(edwards(point))).toMatch(/^is a point of small order/);
  });

  it('refuses a second way to write a key', () => {
    expect(NON_CANONICAL_POINTS.length).toBeGreaterThan(0);
    for (const point of NON_CANONICAL_POINTS) expect(findWeakness(edwards(point))).toMatch(/^is a second way to write/);
  });

  it('finds none in keys as they are made', () => {
    for (let index = 0; index < 50; index++) {
      const pairs = [generateKeyPairSync('ed25519'), generateKeyPairSync('ec', { namedCurve: 'P-256' })];
      for (const { publicKey } of pairs) {
        expect(findWeakness(publicKey.export({ format: 'jwk' }))).toBeNull();
      }
    }
  });

  it.each([
    ['the origin, which some take for the point at infinity', Buffer.alloc(32), Buffer.alloc(32)],
    ['any other point', Buffer.alloc(32, 1), Buffer.alloc(32, 2)],
  ])('refuses what is not on P-256: %s', (_, x, y) => {
    const jwk = { kty: 'EC', crv: 'P-256', x: x.toString('base64url'), y: y.toString('base64url') };
    expect(findWeakness(jwk)).toBe('lies on no point of its curve');
  });
});
