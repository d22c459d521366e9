import { expect, it } from 'vitest';
import { createParseTurns } from './parse-turns.ts';

// biome-ignore lint/correctness/useYield: work of one step
function* once<T>(work: () => T): Generator<void, T> {
  return work();
}

it('runs one piece after the other, clients in turn, with time for others in between', async () => {
  const turns = createParseTurns();
  const order: string[] = [];
  const run = (client: string, name: string) =>
    turns.run(
      client,
      once(() => order.push(name)),
    );
  const all = Promise.all([run('a', 'a1'), run('a', 'a2'), run('a', 'a3'), run('b', 'b1'), run('b', 'b2')]);
  setImmediate(() => order.push('somebody else'));
  await all;
  expect(order.filter((name) => name !== 'somebody else')).toEqual(['a1', 'a2', 'b1', 'a3', 'b2']);
  expect(order.indexOf('somebody else')).toBeLessThan(4);
});

it('passes a failure on, and goes on with the next', async () => {
  const turns = createParseTurns();
  const fail = () => {
    throw new Error('not this one');
  };
  const failed = turns.run('a', once(fail));
  const next = turns.run(
    'a',
    once(() => 'this one'),
  );
  await expect(failed).rejects.toThrow('not this one');
  expect(await next).toBe('this one');
  expect(
    await turns.run(
      'a',
      once(() => 'and another'),
    ),
  ).toBe('and another');
});

it('lets others in between the slices of what takes long', async () => {
  const turns = createParseTurns();
  const order: string[] = [];
  function* long(): Generator<void, void> {
    for (let step = 0; step < 3; step++) {
      order.push(`step ${step}`);
      for (const endsAt = performance.now() + 5; performance.now() < endsAt; );
      yield;
    }
  }
  await Promise.all([
    turns.run('a', long()),
    turns.run(
      'b',
      once(() => order.push('b')),
    ),
  ]);
  expect(order.filter((name) => name !== 'b')).toEqual(['step 0', 'step 1', 'step 2']);
  expect(order.indexOf('b')).toBeLessThan(3);
});
