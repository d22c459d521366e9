import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type JsonLimits, measureJson, pathAt } from './json-measure.ts';

const bytes = (text: string) => Buffer.from(text);

/** The slow way: counts what JSON.parse gives. */
function count(value: unknown): { entries: number; depth: number } {
  if (value === null || typeof value !== 'object') return { entries: 0, depth: 0 };
  const below = Object.values(value).map(count);
  return {
    entries: below.reduce((sum, { entries }) => sum + entries, below.length),
    depth: 1 + Math.max(0, ...below.map(({ depth }) => depth)),
  };
}

describe('measureJson', () => {
  it.each([
    ['1', 1, 0],
    ['{}', 1, 1],
    ['[ \n ]', 1, 1],
    ['[1,2,[3]]', 5, 2],
    ['{"a":[{},{}],"b":"x"}', 5, 3],
    ['"[[[,,,\\"[[["', 1, 0],
    ['"never ends, [', 1, 0],
  ])('measures %s as %i values, %i deep', (text, values, depth) => {
    expect(measureJson(bytes(text))).toMatchObject({ values, depth, excess: null });
  });

  it('counts exactly what JSON.parse would build, however the text is spaced', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), fc.constantFrom(0, 1, 3), (value, space) => {
        const { entries, depth } = count(value);
        expect(measureJson(bytes(JSON.stringify(value, null, space)))).toMatchObject({ values: entries + 1, depth });
      }),
    );
  });

  it('says whether text could hold what only escapes can stand for', () => {
    expect(measureJson(bytes('["\\u0041"]')).hasUnicodeEscapes).toBe(true);
    expect(measureJson(bytes('["\\\\u0041", "\\n"]')).hasUnicodeEscapes).toBe(false);
  });

  const rows = { max: 2, maxValues: 3 };
  it.each<[string, JsonLimits, string | null, string[]]>([
    ['[1,2,3]', { maxValues: 3 }, null, []],
    ['[1,2,[3]]', { maxValues: 3 }, 'values', []],
    ['{"a":[[1]]}', { maxDepth: 3 }, null, []],
    ['{"a":[0,[1]]}', { maxDepth: 2 }, 'depth', ['a', '1']],
    ['{"list":[{"a":[1,2]},{"a":[1,2]}]}', { rows }, null, []],
    ['{"list":[{"a":[1,2]}, {"a":[1,2,3]}]}', { rows }, 'row', ['list', '1']],
    ['{"list":[1,2,3]}', { rows }, 'rows', ['list']],
    ['{"list":{"a":1,"b":2,"c":3,"d":4}}', { rows }, 'row', ['list']],
    ['{"a":1,"b":2,"c":3,"d":4}', { rows }, 'rows', []],
    ['{"a":[1],"b":[2]}', { rows }, 'rows', ['b']],
  ])('holds %s against %j: %s at %j', (text, limits, limit, path) => {
    const { excess } = measureJson(bytes(text), limits);
    expect(excess?.limit ?? null).toBe(limit);
    expect(pathAt(bytes(text), excess?.offset ?? 0)).toEqual(path);
  });

  it('ends at the first excess, so that what follows costs nothing', () => {
    const { values } = measureJson(bytes(`[${'0,'.repeat(100_000)}0]`), { maxValues: 10 });
    expect(values).toBe(12);
  });
});

describe('pathAt', () => {
  it('finds keys with escapes, and is not led astray by strings', () => {
    const text = '{"x":"{[,","a\\"\\u0062":[0,{"c":"]}"},[7]]}';
    expect(pathAt(bytes(text), text.indexOf('7'))).toEqual(['a"b', '2', '0']);
  });
});
