import { setImmediate, setTimeout } from 'node:timers/promises';

/** How long a piece of work goes on before others have their turn. */
const SLICE_MS = 4;
/** Between two slices there is so much time for everything else, by what the one before took. */
const PAUSE_FACTOR = 3;

/** Returns whether the work is over. */
type Slice = () => boolean;

/**
 * Work that takes this thread many milliseconds: it goes on step by step, in slices, clients in turn, with a pause after each
 * slice.
 */
export interface ParseTurns {
  run<T>(client: string, steps: Iterator<void, T>): Promise<T>;
}

export function createParseTurns(): ParseTurns {
  /** The client that comes next is the first. */
  const queues = new Map<string, Slice[]>();
  let isRunning = false;

  async function runAll(): Promise<void> {
    isRunning = true;
    for (let [next] = queues; next !== undefined; [next] = queues) {
      const startedAt = performance.now();
      runSlice(...next);
      const tookMs = performance.now() - startedAt;
      await (tookMs < 1 ? setImmediate() : setTimeout(tookMs * PAUSE_FACTOR));
    }
    isRunning = false;
  }

  function runSlice(client: string, [slice, ...others]: Slice[]): void {
    queues.delete(client);
    const left = slice === undefined || slice() ? others : [slice, ...others];
    if (left.length > 0) queues.set(client, left);
  }

  return {
    run: (client, steps) =>
      new Promise((resolve, reject) => {
        const slice = () => runFor(SLICE_MS, steps, resolve, reject);
        queues.set(client, [...(queues.get(client) ?? []), slice]);
        if (!isRunning) void runAll();
      }),
  };
}

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
