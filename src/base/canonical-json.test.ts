import canonicalize from 'canonicalize';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Canonical, canonicalJson, digestOf, sha256 } from './canonical-json.ts';

describe('canonicalJson', () => {
  it('orders keys by UTF-16 code units and writes numbers and escapes as RFC 8785 §3.2 does', () => {
    const value = JSON.parse(
      '{"\\u20ac":1,"\\r":2,"\\ud83d\\ude00":3,"1":4,"\\ufb33":5,"n":[333333333.33333329,1E30,4.50,2e-3,1e-27]}',
    );
    expect(canonicalJson(value)).toBe(
      '{"\\r":2,"1":4,"n":[333333333.3333333,1e+30,4.5,0.002,1e-27],"€":1,"😀":3,"\ufb33":5}',
    );
  });

  it.each([
    ['an undefined member', { a: undefined }],
    ['an undefined item', [undefined]],
    ['a hole', new Array(1)],
    ['a date', { at: new Date(0) }],
    ['a map', new Map([['a', 1]])],
    ['nothing at all', undefined],
    ['NaN', { a: Number.NaN }],
    ['infinity', [Number.POSITIVE_INFINITY]],
    ['a lone surrogate', '\ud800'],
    ['a lone surrogate in a key', { '\udc00': 1 }],
    ['a BigInt', 1n],
    ['a function', { f: () => 1 }],
  ])('refuses %s', (_name, value) => {
    expect(() => canonicalJson(value)).toThrow(TypeError);
  });

  it('depends on the value alone, not on the order of its keys', () => {
    const shuffled = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(shuffled);
      if (value === null || typeof value !== 'object') return value;
      return Object.fromEntries(
        Object.entries(value)
          .reverse()
          .map(([key, member]) => [key, shuffled(member)]),
      );
    };
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
        const text = canonicalJson(value);
        expect(canonicalJson(shuffled(value))).toBe(text);
        expect(canonicalJson(JSON.parse(text))).toBe(text);
        expect(text).toBe(canonicalize(value));
      }),
    );
  });

  it('takes over what is canonical already', () => {
    const inner = { b: [1, 'é'], a: null };
    expect(canonicalJson({ z: Canonical.of(inner), list: [Canonical.of(inner)], a: 0 })).toBe(
      canonicalJson({ z: inner, list: [inner], a: 0 }),
    );
    expect(Canonical.list([canonicalJson(inner), '1']).text).toBe(canonicalJson([inner, 1]));
  });
});

describe('names of strangers', () => {
  it('are written right, however many and long they are', () => {
    const names = Array.from({ length: 3000 }, (_, index) => `${index}"`.padEnd(index % 3 === 0 ? 100 : 5, 'é'));
    for (const name of [...names, ...names]) expect(canonicalJson({ [name]: 1 })).toBe(`{${JSON.stringify(name)}:1}`);
  });
});

describe('sha256', () => {
  it('gives the digest of FIPS 180-2, B.1', () => {
    expect(sha256('abc')).toBe('sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
    expect(digestOf({ b: 1, a: [] })).toBe(sha256('{"a":[],"b":1}'));
  });
});
