import { AppError } from '../base/errors.ts';

/** Runs tasks in turn: fairly between clients, and one after the other where they share a key. */
export interface Turns {
  /**
   * Runs a task when it is its turn. Rejects with AppError `overloaded` where too many tasks wait; the task has not begun then.
   * The turn is over when the promise of the task settles.
   */
  run<T>(client: string, keys: readonly string[], task: () => Promise<T>): Promise<T>;
}

export interface TurnsOptions {
  /** Tasks that run at the same time. */
  width: number;
  /** Tasks that may wait. */
  maxWaiting: number;
}

/** Whose turns the service's own work takes. No client has this name. */
export const OWN_CLIENT = '';

interface Job {
  keys: readonly string[];
  begin: () => void;
}

/** However many others wait, a client may have a few waiting: nobody can shut the others out by filling the queue. */
const RESERVED_PER_CLIENT = 16;
/** How far into the queue of a client is looked for a task whose keys are free. */
const MAX_LOOK = 64;

/**
 * Clients take turns, so that one who sends a thousand requests delays another by one of them, not by a thousand. Of one
 * client, tasks that share a key run in the order in which they came. A client whose first task waits for a key has that key
 * reserved, so that nobody waits for ever behind others who use it by turns.
 */
export function createTurns({ width, maxWaiting }: TurnsOptions): Turns {
  /** By client, in the order of their turns: whoever had one goes to the end. */
  const queues = new Map<string, Job[]>();
  const busy = new Set<string>();
  const reserved = new Map<string, Job>();
  let waiting = 0;
  let running = 0;

  function isFree(job: Job, blocked: ReadonlySet<string>): boolean {
    return job.keys.every((key) => !busy.has(key) && !blocked.has(key) && (reserved.get(key) ?? job) === job);
  }

  /** The first task of a client that can run; keys of tasks before it are kept for those. */
  function takeFrom(queue: Job[]): Job | null {
    const blocked = new Set<string>();
    for (const [index, job] of queue.slice(0, MAX_LOOK).entries()) {
      if (isFree(job, blocked)) {
        queue.splice(index, 1);
        return job;
      }
      for (const key of job.keys) blocked.add(key);
    }
    reserve(queue[0]);
    return null;
  }

  /** Of two tasks that want the same key only one has it reserved, and waits for nothing but what runs. */
  function reserve(job: Job | undefined): void {
    if (job === undefined || job.keys.some((key) => reserved.has(key))) return;
    for (const key of job.keys) reserved.set(key, job);
  }

  function next(): Job | null {
    for (const [client, queue] of queues) {
      const job = takeFrom(queue);
      if (job === null) continue;
      queues.delete(client);
      if (queue.length > 0) queues.set(client, queue);
      return job;
    }
    return null;
  }

  function beginNext(): void {
    while (running < width) {
      const job = next();
      if (job === null) break;
      waiting--;
      running++;
      for (const key of job.keys) {
        busy.add(key);
        if (reserved.get(key) === job) reserved.delete(key);
      }
      job.begin();
    }
  }

  function end({ keys }: Job): void {
    running--;
    for (const key of keys) busy.delete(key);
    beginNext();
  }

  return {
    run: (client, keys, task) =>
      new Promise((resolve, reject) => {
        const queue = queues.get(client) ?? [];
        if (waiting >= maxWaiting && queue.length >= RESERVED_PER_CLIENT) {
          return reject(new AppError('overloaded', 'Too many decisions are waiting.'));
        }
        const job: Job = {
          keys: [...new Set(keys)],
          begin: () => {
            task()
              .then(resolve, reject)
              .finally(() => end(job));
          },
        };
        queue.push(job);
        queues.set(client, queue);
        waiting++;
        beginNext();
      }),
  };
}
