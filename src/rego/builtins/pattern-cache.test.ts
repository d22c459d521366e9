import { expect, it } from 'vitest';
import { PatternCache } from './pattern-cache.ts';

it('a pattern is compiled once, and the one that was not asked for longest is forgotten first', () => {
  const cache = new PatternCache<string>();
  const compiled: string[] = [];
  const get = (key: string) =>
    cache.get(key, () => {
      compiled.push(key);
      return key;
    });
  for (let index = 0; index < 100; index++) get(`pattern ${index}`);
  get('pattern 0');
  get('another');
  expect(compiled).toHaveLength(101);
  get('pattern 0');
  expect(compiled).toHaveLength(101);
  get('pattern 1');
  expect(compiled.at(-1)).toBe('pattern 1');
  expect(compiled).toHaveLength(102);
});
