import { expect, it } from 'vitest';
import { canFillAll } from './places.ts';

const places = (...all: [people: string, count: number][]) =>
  all.map(([people, count]) => ({ pool: new Set(people.split('').filter(Boolean)), count }));

it.each([
  [places(), true],
  [places(['', 1]), false],
  [places(['a', 1]), true],
  [places(['a', 2]), false],
  [places(['a', 1], ['a', 1]), false],
  [places(['ab', 1], ['a', 1]), true],
  [places(['ab', 1], ['a', 1], ['b', 1]), false],
  [places(['abc', 2], ['a', 1]), true],
  [places(['abc', 2], ['ab', 1], ['c', 1]), false],
  // Whoever comes first has to move on: a to b's place, and b to c's.
  [places(['abcd', 1], ['abc', 1], ['ab', 1], ['a', 1]), true],
  [places(['a', 1], ['ab', 1], ['abc', 1], ['abc', 1]), false],
])('%j', (all, isPossible) => {
  expect(canFillAll(all)).toBe(isPossible);
  expect(canFillAll(all.toReversed())).toBe(isPossible);
});
