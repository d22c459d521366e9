import { describe, expect, it } from 'vitest';
import { DURABLE_WRITES } from './durable-writes.contract.ts';
import { randomFrom } from './entries.contract.ts';
import type { Store } from './store.ts';

/** An empty store, and what can go wrong with it. */
export interface FaultHarness {
  open(): Promise<Store>;
  /** Runs a write while nothing can be made durable. */
  whileFailing<T>(write: () => Promise<T>): Promise<T>;
  /** Runs a write that becomes durable and whose answer is lost. The store may be of no use afterwards. */
  losingTheAnswer<T>(write: () => Promise<T>): Promise<T>;
  /**
   * Runs the writes of a row of DURABLE_WRITES in a process of its own, one after the other, and kills it (SIGKILL) in the
   * midst of them, after `answers` were given. Gives how many were given in the end.
   */
  kill(row: number, answers: number): Promise<number>;
}

/** Kills for each write: one alone would seldom hit the moment of a commit. */
const KILLS = 3;
/** Each takes the start of a process, which waits for its turn on a machine that is busy. */
const KILLS_TIMEOUT_MS = 300_000;

/** The fault table: each durable write that failed, that failed but was kept, and whose process was killed. */
export function describeFaults(name: string, fresh: () => FaultHarness): void {
  describe.each(DURABLE_WRITES.map((write, row) => ({ ...write, row })))(`${name}, as it writes $name`, (given) => {
    const { prepare, write, isKept, whenRepeated, row } = given;

    it('keeps nothing of a write that failed, and can be asked again', async () => {
      const harness = fresh();
      let store = await harness.open();
      await prepare?.(store);
      await expect(harness.whileFailing(() => write(store, 0))).rejects.toMatchObject({ code: 'store_unavailable' });
      expect(await isKept(store, 0)).toBe(false);
      await write(store, 0);
      expect(await isKept(store, 0)).toBe(true);
      await store.close();
      store = await harness.open();
      expect(await isKept(store, 0)).toBe(true);
      await store.close();
    });

    it('rejects a write whose answer is lost, and a caller who repeats it changes nothing', async () => {
      const harness = fresh();
      let store = await harness.open();
      await prepare?.(store);
      const lost = harness.losingTheAnswer(() => write(store, 0));
      await expect(lost).rejects.toMatchObject({ code: 'store_unavailable' });
      await store.close();
      store = await harness.open();
      expect(await isKept(store, 0)).toBe(true);
      const end = (await store.newest())?.position;
      expect(await write(store, 0)).toEqual(whenRepeated);
      expect(await isKept(store, 0)).toBe(true);
      expect((await store.newest())?.position).toBe(end);
      await store.close();
    });

    it(
      'has all that was answered before the process was killed, and of the rest all or nothing',
      async () => {
        const seed = Date.now() % 1e6; // Told where it fails.
        const random = randomFrom(seed);
        for (let kills = 0; kills < KILLS; kills++) {
          const harness = fresh();
          let store = await harness.open();
          await prepare?.(store);
          await store.close();
          const answered = await harness.kill(row, 1 + random(20));
          store = await harness.open();
          for (let n = 0; n < answered; n++) expect([n, await isKept(store, n)], `seed ${seed}`).toEqual([n, true]);
          // The one that was under way; isKept() throws where a part of it is there.
          const next = (await isKept(store, answered)) ? answered + 1 : answered;
          expect(await isKept(store, next), `seed ${seed}`).toBe(false);
          await write(store, next);
          expect(await isKept(store, next), `seed ${seed}`).toBe(true);
          await store.close();
        }
      },
      KILLS_TIMEOUT_MS,
    );
  });
}
