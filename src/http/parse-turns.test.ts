import { expect, it } from 'vitest';
import { createParseTurns } from './parse-turns.ts';

it('runs one piece after the other, clients in turn, with time for others in between', async () => {
  const turns = createParseTurns();
  const order: string[] = [];
  const run = (client: string, name: string) => turns.run(client, () => order.push(name));
  const all = Promise.all([run('a', 'a1'), run('a', 'a2'), run('a', 'a3'), run('b', 'b1'), run('b', 'b2')]);
  setImmediate(() => order.push('somebody else'));
  await all;
  expect(order.filter((name) => name !== 'somebody else')).toEqual(['a1', 'a2', 'b1', 'a3', 'b2']);
  expect(order.indexOf('somebody else')).toBeLessThan(4);
});

it('passes a failure on, and goes on with the next', async () => {
  const turns = createParseTurns();
  const failed = turns.run('a', () => {
    throw new Error('not this one');
  });
  const next = turns.run('a', () => 'this one');
  await expect(failed).rejects.toThrow('not this one');
  expect(await next).toBe('this one');
  expect(await turns.run('a', () => 'and another')).toBe('and another');
});
