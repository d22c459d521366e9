import { setImmediate, setTimeout } from 'node:timers/promises';

interface Job {
  work: () => void;
}

/** Between two pieces of work there is so much time for everything else, by what the one before took. */
const PAUSE_FACTOR = 3;

/** Pieces of work that hold the thread for milliseconds each: one at a time, clients in turn, with a pause after each. */
export interface ParseTurns {
  run<T>(client: string, work: () => T): Promise<T>;
}

export function createParseTurns(): ParseTurns {
  /** The client that comes next is the first. */
  const queues = new Map<string, Job[]>();
  let isRunning = false;

  async function runAll(): Promise<void> {
    isRunning = true;
    for (let job = takeNext(); job !== undefined; job = takeNext()) {
      const startedAt = performance.now();
      job.work();
      const tookMs = performance.now() - startedAt;
      await (tookMs < 1 ? setImmediate() : setTimeout(tookMs * PAUSE_FACTOR));
    }
    isRunning = false;
  }

  function takeNext(): Job | undefined {
    const [first] = queues;
    if (first === undefined) return undefined;
    const [client, [job, ...others]] = first;
    queues.delete(client);
    if (others.length > 0) queues.set(client, others);
    return job;
  }

  return {
    run: (client, work) =>
      new Promise((resolve, reject) => {
        const job = { work: () => settle(work, resolve, reject) };
        queues.set(client, [...(queues.get(client) ?? []), job]);
        if (!isRunning) void runAll();
      }),
  };
}

function settle<T>(work: () => T, resolve: (value: T) => void, reject: (error: unknown) => void): void {
  try {
    resolve(work());
  } catch (error) {
    reject(error);
  }
}
