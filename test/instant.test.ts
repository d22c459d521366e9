import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyInstant, normaliseInstant } from '../src/base/instant.ts';
import { parseTime } from '../src/rego/builtins/go-layout.ts';

const two = (value: number) => String(value).padStart(2, '0');

interface Spelling {
  at: number;
  offsetMinutes: number;
  /** Digits of the fraction after those of `at`. */
  more: string;
  separator: string;
  zulu: string | null;
}

/** Writes an instant in one of the ways of RFC 3339; the reader under test has to find it again. */
function spell({ at, offsetMinutes, more, separator, zulu }: Spelling): string {
  const offset = zulu === null ? offsetMinutes : 0;
  const [date = '', time = ''] = new Date(at + offset * 60_000).toISOString().slice(0, -1).split('T');
  const size = Math.abs(offset);
  const zone = zulu ?? `${offset < 0 ? '-' : '+'}${two(Math.trunc(size / 60))}:${two(size % 60)}`;
  return `${date}${separator}${time}${more}${zone}`;
}

// A day from either end, so that the local year has four digits too.
const spelling = fc.record({
  at: fc.integer({ min: Date.parse('0001-01-02T00:00:00Z'), max: Date.parse('9999-12-30T23:59:59.999Z') }),
  offsetMinutes: fc.integer({ min: -1439, max: 1439 }),
  more: fc.stringMatching(/^[0-9]{0,12}$/),
  separator: fc.constantFrom('T', 't'),
  zulu: fc.constantFrom('Z', 'z', null),
});

/** What OPA's time.parse_rfc3339_ns makes of it, written for Go's rules apart from this; null where it refuses. */
function asGo(text: string): string | null {
  try {
    const { unixSeconds, nanoseconds } = parseTime(text, 'RFC3339');
    return new Date(unixSeconds * 1000 + Math.trunc(nanoseconds / 1e6)).toISOString();
  } catch {
    return null;
  }
}

describe('an instant from outside', () => {
  it('is the same instant in UTC with milliseconds, however it is spelt', () => {
    fc.assert(
      fc.property(spelling, (each) => normaliseInstant(spell(each)) === new Date(each.at).toISOString()),
      { numRuns: 2000 },
    );
  });

  it('is what the second implementation reads', () => {
    const plain = spelling.map((each) => spell({ ...each, separator: 'T', zulu: each.zulu && 'Z' }));
    // Digits of valid text replaced by others: days, hours and offsets that may not exist.
    const damaged = fc
      .tuple(plain, fc.nat(), fc.constantFrom(...'0123456789:-+TZ. '))
      .map(([text, place, char]) => text.slice(0, place % text.length) + char + text.slice((place % text.length) + 1));
    fc.assert(
      fc.property(fc.oneof(plain, damaged), (text) => {
        const found = normaliseInstant(text);
        // Beyond Go: leap seconds; years are bounded here only, and offsets of 24 hours there only.
        if (text.includes(':60')) return;
        const other = asGo(text);
        const isBeyond = other === null || !/^(?!0000)\d{4}-/.test(other) || /[+-]24:|:60$/.test(text);
        if (isBeyond) expect(found).toBeNull();
        else expect(found).toBe(other);
      }),
      { numRuns: 3000 },
    );
  });

  it.each([
    ['2026-12-01T12:00:00Z', '2026-12-01T12:00:00.000Z'],
    ['2026-12-01t12:00:00z', '2026-12-01T12:00:00.000Z'],
    ['2026-12-01T12:00:00+01:00', '2026-12-01T11:00:00.000Z'],
    ['2026-12-01T12:00:00-00:00', '2026-12-01T12:00:00.000Z'],
    ['2026-12-01T12:00:00.5Z', '2026-12-01T12:00:00.500Z'],
    ['2026-12-01T12:00:00.9999999Z', '2026-12-01T12:00:00.999Z'],
    ['2024-02-29T00:00:00+23:59', '2024-02-28T00:01:00.000Z'],
    ['2016-12-31T23:59:60Z', '2017-01-01T00:00:00.000Z'],
    ['2016-12-31T15:59:60.25-08:00', '2017-01-01T00:00:00.250Z'],
    ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00.000Z'],
    ['9999-12-31T23:59:59.999Z', '9999-12-31T23:59:59.999Z'],
  ])('%s is %s', (text, instant) => {
    expect(anyInstant.parse(text)).toBe(instant);
  });

  it.each([
    '2026-12-01',
    '2026-12-01T12:00Z',
    '2026-12-01T12:00:00',
    '2026-12-01 12:00:00Z',
    '2026-12-01T12:00:00 01:00',
    '2026-12-01T24:00:00Z',
    '2026-02-29T12:00:00Z',
    '2026-13-01T12:00:00Z',
    '2026-12-00T12:00:00Z',
    '2026-12-01T12:00:60Z',
    '2026-12-31T23:59:61Z',
    '2026-12-31T23:59:60+01:00',
    '2026-12-01T12:00:00.Z',
    '2026-12-01T12:00:00,5Z',
    '2026-12-01T12:00:00+24:00',
    '2026-12-01T12:00:00+0100',
    '2026-12-01T12:00:00Z\n',
    '0000-12-31T23:59:59Z',
    '0001-01-01T00:00:00+00:01',
    '9999-12-31T23:59:59-00:01',
    '9999-12-31T23:59:60Z',
    '+02026-12-01T12:00:00Z',
    '２０２６-12-01T12:00:00Z',
    '',
  ])('%j is refused', (text) => {
    expect(anyInstant.safeParse(text).error?.issues[0]?.message).toMatch(/RFC 3339/);
  });
});
