import { describe, expect, it } from 'vitest';
import { findGroupCycles } from './group-cycles.ts';

const cyclesOf = (within: Record<string, string[]>) => {
  const groups = Object.fromEntries(Object.entries(within).map(([group, parents]) => [group, { within: parents }]));
  return findGroupCycles({ organisation: { groups } });
};

describe('findGroupCycles', () => {
  it('finds a group within itself', () => {
    expect(cyclesOf({ a: ['b', 'a'], b: [] })).toEqual([
      { pointer: '/organisation/groups/a/within/1', message: 'a group must not contain itself: a is within a' },
    ]);
  });

  it('finds each circle once, and says the way round', () => {
    expect(cyclesOf({ start: ['a'], a: ['b'], b: ['c'], c: ['a'], x: ['y', 'c'], y: ['x'] })).toEqual([
      {
        pointer: '/organisation/groups/c/within/0',
        message: 'a group must not contain itself: a is within b is within c is within a',
      },
      {
        pointer: '/organisation/groups/y/within/0',
        message: 'a group must not contain itself: x is within y is within x',
      },
    ]);
  });

  it('lets groups meet again, and groups that are not there be', () => {
    expect(cyclesOf({ a: ['b', 'c'], b: ['d'], c: ['d', 'nowhere'], d: [] })).toEqual([]);
  });

  it('takes any depth', () => {
    const deep = Object.fromEntries(Array.from({ length: 50_000 }, (_, at) => [`g${at}`, [`g${at + 1}`]]));
    expect(cyclesOf(deep)).toEqual([]);
    expect(cyclesOf({ ...deep, g50000: ['g0'] })).toHaveLength(1);
  });
});
