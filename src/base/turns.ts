import { AppError } from './errors.ts';

/** A queue of tasks that is fair between clients and runs tasks that share a key one after the other. */
export interface Turns {
  /**
   * Runs a task when it is its turn, possibly immediately. Settles as the task does; the turn ends then. Rejects with
   * AppError `overloaded` where too many tasks wait; the task has not begun then.
   */
  run<T>(client: string, keys: readonly string[], task: () => Promise<T>): Promise<T>;
}

export interface TurnsOptions {
  /** How many tasks run at the same time. */
  width: number;
  /** How many tasks may wait. */
  maxWaiting: number;
  /**
   * How many tasks of a client may wait even if `maxWaiting` do already: no client can block the others by filling the queue.
   * The default is 16.
   */
  reservedPerClient?: number;
  /** The name of the tasks in the error, in the plural. The default is `requests`. */
  tasks?: string;
}

/** The client name for the service's own tasks. No client has this name. */
export const OWN_CLIENT = '';

interface Job {
  keys: readonly string[];
  begin: () => void;
}

const RESERVED_PER_CLIENT = 16;
/** How many tasks of a client are examined to find one whose keys are free. */
const MAX_ROWS_EXAMINED = 64;

/**
 * Clients take turns, so that one who sends a thousand tasks delays another by one of them, not by a thousand. Tasks of one
 * client that share a key run in the order in which they came. If the first task of a client waits for a key, the key is
 * reserved for it, so that it does not wait for ever behind others who use the key in alternation.
 *
 * @example
 * const turns = createTurns({ width: 8, maxWaiting: 2048 });
 * await turns.run('client', ['case:1'], () => approve(verdict));
 */
export function createTurns(options: TurnsOptions): Turns {
  const { width, maxWaiting, reservedPerClient = RESERVED_PER_CLIENT, tasks = 'requests' } = options;
  /** By client, in the order of their turns: a client who had one moves to the end. */
  const queues = new Map<string, Job[]>();
  const busy = new Set<string>();
  const reserved = new Map<string, Job>();
  let waiting = 0;
  let running = 0;

  function isFree(job: Job, blocked: ReadonlySet<string>): boolean {
    return job.keys.every((key) => !busy.has(key) && !blocked.has(key) && (reserved.get(key) ?? job) === job);
  }

  /** Takes the first task of a client that can run. It must not use a key of a task before it. */
  function takeFrom(queue: Job[]): Job | null {
    const blocked = new Set<string>();
    for (const [index, job] of queue.slice(0, MAX_ROWS_EXAMINED).entries()) {
      if (isFree(job, blocked)) {
        queue.splice(index, 1);
        return job;
      }
      for (const key of job.keys) blocked.add(key);
    }
    reserve(queue[0]);
    return null;
  }

  /** Only one task has a key reserved, and it waits for running tasks alone. */
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
        if (waiting >= maxWaiting && queue.length >= reservedPerClient) {
          return reject(new AppError('overloaded', `Too many ${tasks} are waiting.`));
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
