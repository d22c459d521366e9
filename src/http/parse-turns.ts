import { setImmediate, setTimeout } from 'node:timers/promises';
import { createTurns } from '../base/turns.ts';

/** How long work goes on before the thread does something else. */
const SLICE_MS = 4;
/** After a slice, the thread is free for this many times what the slice took. */
const PAUSE_FACTOR = 3;

/**
 * Runs work that would block this thread for many milliseconds, in slices: clients take turns, and there is a pause after each
 * slice.
 */
export interface ParseTurns {
  /** Runs the steps to their end. Settles with what they return or throw. */
  run<T>(client: string, steps: Iterator<void, T>): Promise<T>;
}

export function createParseTurns(): ParseTurns {
  const turns = createTurns({ width: 1, maxWaiting: Number.POSITIVE_INFINITY });

  return {
    run: (client, steps) =>
      new Promise((resolve, reject) => {
        const runSlice = async () => {
          const startedAt = performance.now();
          const isOver = runFor(SLICE_MS, steps, resolve, reject);
          if (!isOver) void turns.run(client, [], runSlice);
          const tookMs = performance.now() - startedAt;
          await (tookMs < 1 ? setImmediate() : setTimeout(tookMs * PAUSE_FACTOR));
        };
        void turns.run(client, [], runSlice);
      }),
  };
}

/** Returns whether the steps have ended. */
function runFor<T>(
  ms: number,
  steps: Iterator<void, T>,
  resolve: (value: T) => void,
  reject: (error: unknown) => void,
): boolean {
  const endsAt = performance.now() + ms;
  try {
    do {
      const { done, value } = steps.next();
      if (!done) continue;
      resolve(value);
      return true;
    } while (performance.now() < endsAt);
    return false;
  } catch (error) {
    reject(error);
    return true;
  }
}
