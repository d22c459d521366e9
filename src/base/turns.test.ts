import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createTurns } from './turns.ts';

/** Tasks that end when they are told to, and the order in which they began. */
function harness(options = { width: 2, maxWaiting: 100 }) {
  const turns = createTurns(options);
  const began: string[] = [];
  const ends = new Map<string, () => void>();
  const start = (name: string, client: string, keys: string[]) =>
    turns.run(client, keys, () => {
      began.push(name);
      return new Promise<void>((resolve) => ends.set(name, resolve));
    });
  /** Ends a task, and lets what waits for it begin. */
  const end = async (name: string) => {
    ends.get(name)?.();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { turns, began, start, end };
}

describe('turns', () => {
  it('run tasks that share a key one after the other, and others beside them', async () => {
    const { began, start, end } = harness();
    for (const [name, keys] of [
      ['a', ['x', 'y']],
      ['b', ['y', 'z']],
      ['c', ['w']],
    ] as const) {
      void start(name, 'one', [...keys]);
    }
    expect(began).toEqual(['a', 'c']);
    await end('c');
    expect(began).toEqual(['a', 'c']);
    await end('a');
    expect(began).toEqual(['a', 'c', 'b']);
  });

  it('let a client who sends one task wait for one of another client, not for all of them', async () => {
    const { began, start, end } = harness({ width: 1, maxWaiting: 1000 });
    for (let index = 0; index < 256; index++) void start(`bulk-${index}`, 'bulk', [`k${index}`]);
    void start('quiet', 'quiet', ['q']);
    await end('bulk-0');
    await end('bulk-1');
    expect(began.slice(0, 3)).toContain('quiet');
  });

  it('do not let tasks that use two keys by turns keep one out that needs both', async () => {
    const { began, start, end } = harness({ width: 2, maxWaiting: 1000 });
    void start('x0', 'busy', ['x']);
    void start('y0', 'busy', ['y']);
    void start('both', 'patient', ['x', 'y']);
    for (let index = 1; index < 10; index++) {
      void start(`x${index}`, 'busy', ['x']);
      void start(`y${index}`, 'busy', ['y']);
    }
    await end('x0');
    await end('y0');
    expect(began).toContain('both');
  });

  it('refuse what is too much, and a client who floods keeps nobody else out', async () => {
    const { turns, start } = harness({ width: 1, maxWaiting: 50 });
    const results = Array.from({ length: 200 }, (_, index) => start(`f${index}`, 'flood', []).catch((error) => error));
    void start('quiet', 'quiet', []);
    const refused = (await Promise.race(results.slice(100))) as { code: string };
    expect(refused.code).toBe('overloaded');
    await expect(turns.run('flood', [], async () => 1)).rejects.toMatchObject({ code: 'overloaded' });
  });

  it('go on after a task that fails', async () => {
    const turns = createTurns({ width: 1, maxWaiting: 10 });
    await expect(turns.run('a', ['k'], () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await turns.run('a', ['k'], async () => 'next')).toBe('next');
  });

  it('run every task once, never two that share a key at once, and those of a client and key in order', async () => {
    const task = fc.record({
      client: fc.constantFrom('a', 'b', 'c'),
      keys: fc.uniqueArray(fc.constantFrom('x', 'y', 'z', 'w'), { maxLength: 3 }),
      ticks: fc.nat({ max: 3 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(task, { maxLength: 40 }), fc.integer({ min: 1, max: 4 }), async (tasks, width) => {
        const turns = createTurns({ width, maxWaiting: 1000 });
        const running = new Set<string>();
        const done: number[] = [];
        await Promise.all(
          tasks.map(({ client, keys, ticks }, index) =>
            turns.run(client, keys, async () => {
              for (const key of keys) {
                expect(running.has(key)).toBe(false);
                running.add(key);
              }
              for (let tick = 0; tick < ticks; tick++) await new Promise((resolve) => setImmediate(resolve));
              for (const key of keys) running.delete(key);
              done.push(index);
            }),
          ),
        );
        expect(done.toSorted((a, b) => a - b)).toEqual(tasks.map((_, index) => index));
        for (const [first, one] of tasks.entries()) {
          for (const [second, other] of tasks.entries()) {
            const isOrdered =
              first < second && one.client === other.client && one.keys.some((key) => other.keys.includes(key));
            if (isOrdered) expect(done.indexOf(first)).toBeLessThan(done.indexOf(second));
          }
        }
      }),
      { numRuns: 200 },
    );
  });
});
