import { setTimeout as delay } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { AppError, type ErrorCode } from '../base/errors.ts';
import type { SigningKey } from '../base/jws.ts';
import { workerUrl } from '../base/worker-url.ts';
import type { PolicyRef } from '../contract/record.ts';
import { createDirectory, type Directory } from '../domain/directory.ts';
import type { Decided, Draft, Maker } from './decider.ts';
import { dataLimitMs, STEP_MS } from './loader.ts';
import { type JobUnderWay, JobWatch } from './monitor.ts';
import type { PolicySource } from './policy.ts';
import type { Task, TaskResult, ThreadData } from './worker.ts';

/** What no evaluation may exceed, and how many drafts may wait. */
export interface Bounds {
  threads: number;
  timeoutMs: number;
  /** Beside what policy and data take. */
  memoryBytes: number;
  maxWaiting: number;
}

export interface PoolParts {
  source: PolicySource;
  key: SigningKey;
  maker: Maker;
  bounds: Bounds;
  /** Told of threads that ended, for the log. */
  onThreadEnd: (why: string) => void;
  /** Within which a thread has to run, and then to open its policy; default 60 s, and what the loader takes at most. */
  startTimeoutMs?: number;
}

/** Threads that decide by one policy. */
export interface DecisionPool {
  ref: PolicyRef;
  kinds: readonly string[];
  directory: Directory;
  /**
   * Evaluates, decides, records and signs. A draft whose evaluation exceeds its bounds is a deny. Rejects with AppError
   * `overloaded` where too many drafts wait, or no thread could be had, and with `internal`; nothing was decided then.
   */
  decide(draft: Draft): Promise<Decided>;
  /** Whether a thread is there to decide. */
  isReady(): boolean;
  /** Ends the threads when what waits is decided. */
  close(): Promise<void>;
}

interface Job extends Task {
  resolve: (decided: Decided) => void;
  reject: (error: AppError) => void;
  /** Threads that ended while they were at it. */
  ended: number;
}

interface Thread {
  worker: Worker;
  watch: JobWatch;
  ready: boolean;
  jobs: Map<number, Job>;
  /** Until it is ready. */
  overdue: NodeJS.Timeout | null;
}

/** How a thread ended, and at which job. */
interface Loss {
  culprit: number | undefined;
  code: 'evaluation_timeout' | 'evaluation_memory' | null;
  why: string;
}

/** A thread gets a batch when it has at most as many left: it never waits for the next, and messages are few under load. */
const BATCH = 4;
/** JavaScript heap of a thread before any evaluation: its code and its tables, and what the directory takes for a name. */
const THREAD_HEAP_BYTES = 128 * 1024 * 1024;
/** What a decision leaves behind is garbage at once; the more room, the less often it is collected. */
const YOUNG_HEAP_MIB = 48;
const HEAP_BYTES_PER_NAME = 1024;
const START_TIMEOUT_MS = 60_000;
const RESPAWN_DELAY_MS = 1000;
const LOOKS_PER_TIMEOUT = 8;
/** A thread that does not get to run may take this many times the limit. */
const MAX_STARVED_FACTOR = 20;
/** A thread that is asked for its processor time and says nothing is at something that nobody can interrupt. */
const PROCESSOR_TIME_MS = 100;
const MIN_LOOK_MS = 5;
/** Threads that may end under one draft for no reason that is known before it is denied. */
const MAX_ENDED = 2;

/** Resolves when all threads are ready to decide. Rejects with AppError `bundle_invalid` where one cannot be had. */
export async function openDecisionPool(parts: PoolParts): Promise<DecisionPool> {
  const { source, key, maker, bounds, onThreadEnd } = parts;
  const startTimeoutMs = parts.startTimeoutMs ?? START_TIMEOUT_MS;
  const openTimeoutMs = parts.startTimeoutMs ?? dataLimitMs(source.data.byteLength, 2 * STEP_MS);
  const threads = new Set<Thread>();
  const waiting: Job[] = [];
  const drained: (() => void)[] = [];
  let nextNumber = 1;
  let closing = false;
  let timer: NodeJS.Timeout | null = null;
  const lookMs = Math.max(MIN_LOOK_MS, bounds.timeoutMs / LOOKS_PER_TIMEOUT);
  let lookedAt = 0;

  /** Resolves when the thread is ready; rejects also where the system has none left, which Worker throws at once. */
  async function spawn(): Promise<void> {
    const watch = new JobWatch();
    const { memoryBytes } = bounds;
    const heapBytes = THREAD_HEAP_BYTES + namesIn(source.people) * HEAP_BYTES_PER_NAME + memoryBytes;
    const workerData: ThreadData = {
      source,
      evaluationMemoryBytes: memoryBytes,
      key,
      maker,
      watch: watch.buffer,
    };
    const worker = new Worker(workerUrl('./worker', import.meta.url), {
      workerData,
      resourceLimits: { maxOldGenerationSizeMb: heapBytes / 2 ** 20, maxYoungGenerationSizeMb: YOUNG_HEAP_MIB },
    });
    const thread: Thread = { worker, watch, ready: false, jobs: new Map(), overdue: null };
    threads.add(thread);
    await new Promise<void>((resolve, reject) => {
      const expectWithin = (timeoutMs: number) => {
        if (thread.overdue !== null) clearTimeout(thread.overdue);
        thread.overdue = setTimeout(() => {
          const why = `a deciding thread was not ready within ${timeoutMs} ms`;
          reject(new Error(why));
          lose(thread, { culprit: undefined, code: null, why });
        }, timeoutMs).unref();
      };
      expectWithin(startTimeoutMs);
      worker.on('message', (message: 'opening' | 'ready' | TaskResult[]) => {
        if (message === 'opening') return expectWithin(openTimeoutMs);
        if (message !== 'ready') return settle(thread, message);
        if (thread.overdue !== null) clearTimeout(thread.overdue);
        thread.ready = true;
        resolve();
        assign();
      });
      worker.on('messageerror', (error) => {
        lose(thread, {
          culprit: watch.current()?.job,
          code: null,
          why: `a deciding thread sent rubbish: ${error.message}`,
        });
      });
      worker.on('error', (error: Error & { code?: string }) => {
        reject(error);
        const code = error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? 'evaluation_memory' : null;
        lose(thread, { culprit: watch.current()?.job, code, why: `a deciding thread failed: ${error.message}` });
      });
      worker.on('exit', (exitCode) => {
        const why = `a deciding thread exited with ${exitCode}`;
        reject(new Error(why));
        lose(thread, { culprit: watch.current()?.job, code: null, why });
      });
    });
  }

  function respawn(): void {
    if (closing) return;
    spawn().catch(() => {
      if (![...threads].some(({ ready }) => ready)) {
        for (const { reject } of waiting.splice(0)) reject(overloaded('No thread to decide could be started.'));
        watchWhileBusy();
      }
      setTimeout(respawn, RESPAWN_DELAY_MS).unref();
    });
  }

  function settle(thread: Thread, results: readonly TaskResult[]): void {
    for (const result of results) {
      const job = thread.jobs.get(result.number);
      thread.jobs.delete(result.number);
      if ('decided' in result) job?.resolve(result.decided);
      else job?.reject(errorOf(result.failure));
    }
    assign();
  }

  /** Takes a thread out that failed or has to be ended: the job it was at bears the blame, the others start anew. */
  function lose(thread: Thread, { culprit, code, why }: Loss): void {
    if (!threads.delete(thread)) return;
    if (thread.overdue !== null) clearTimeout(thread.overdue);
    thread.worker.removeAllListeners();
    thread.worker.on('error', () => {}); // Of a thread that is given up, and that would end the process unheard.
    void thread.worker.terminate();
    onThreadEnd(why);
    const jobs = [...thread.jobs.values()];
    // Between two jobs it was about to take up the first that is left.
    const blamed = culprit ?? jobs[0]?.number;
    const failed = jobs.find(({ number, refusal }) => number === blamed && refusal !== null);
    failed?.reject(failure(`${why} while it recorded a refusal`));
    const left = jobs.filter((job) => job !== failed);
    waiting.unshift(...left.map((job) => (job.number === blamed ? blame(job, code, why) : job)));
    assign();
    if (thread.ready) respawn();
  }

  function assign(): void {
    const free = [...threads]
      .filter(({ ready, jobs }) => ready && jobs.size <= BATCH)
      .sort((a, b) => a.jobs.size - b.jobs.size);
    for (const thread of free) {
      const batch = waiting.splice(0, BATCH);
      if (batch.length === 0) break;
      for (const job of batch) thread.jobs.set(job.number, job);
      thread.worker.postMessage(batch.map(({ number, draft, refusal }): Task => ({ number, draft, refusal })));
    }
    watchWhileBusy();
  }

  function watchWhileBusy(): void {
    if (waiting.length > 0 || [...threads].some(({ jobs }) => jobs.size > 0)) {
      if (timer !== null) return;
      lookedAt = performance.now();
      timer = setInterval(endOverdue, lookMs);
      return;
    }
    if (timer !== null) clearInterval(timer);
    timer = null;
    for (const resolve of drained.splice(0)) resolve();
  }

  function endOverdue(): void {
    // By as much as this look is late the whole process may have stood still, and no evaluation is to blame for that.
    const lateMs = Math.max(0, performance.now() - lookedAt - lookMs);
    lookedAt = performance.now();
    for (const thread of threads) {
      const current = thread.watch.current();
      if (current === null || current.evaluatingMs - lateMs <= bounds.timeoutMs || !thread.jobs.has(current.job))
        continue;
      void endIfAtFault(thread, current);
    }
  }

  /** Where others have the processors, a thread that was hardly let run is given more time, though not for ever. */
  async function endIfAtFault(thread: Thread, { job, evaluatingMs, cpuAtBeginMicros }: JobUnderWay): Promise<void> {
    if (evaluatingMs <= bounds.timeoutMs * MAX_STARVED_FACTOR) {
      const used = await processorTimeOf(thread.worker);
      if (used !== null && used - cpuAtBeginMicros <= bounds.timeoutMs * 1000) return;
      if (thread.watch.current()?.job !== job) return;
    }
    const why = `an evaluation took longer than ${bounds.timeoutMs} ms`;
    lose(thread, { culprit: job, code: 'evaluation_timeout', why });
  }

  async function close(): Promise<void> {
    if (timer !== null) await new Promise<void>((resolve) => drained.push(resolve));
    closing = true;
    const ending = [...threads];
    threads.clear(); // From here on lose() must not touch them: it removes the listeners by which terminate() sees the end.
    await Promise.all(ending.map(({ worker }) => worker.terminate()));
  }

  try {
    await Promise.all(Array.from({ length: bounds.threads }, spawn));
  } catch (cause) {
    await close();
    throw new AppError('bundle_invalid', 'No thread could be started with the policy of the bundle.', { cause });
  }

  return {
    ref: source.ref,
    kinds: source.kinds,
    directory: createDirectory(source.people),
    decide: (draft) =>
      new Promise((resolve, reject) => {
        if (closing) return reject(overloaded('The threads are ending.'));
        if (waiting.length >= bounds.maxWaiting) return reject(overloaded('Too many decisions are waiting.'));
        waiting.push({ number: nextNumber++, draft, refusal: null, resolve, reject, ended: 0 });
        assign();
      }),
    isReady: () => [...threads].some(({ ready }) => ready),
    close,
  };
}

function namesIn({ identities, organisation: { people, groups } }: PolicySource['people']): number {
  const keys = Object.values(people).flatMap((person) => person.keys);
  return [identities, people, groups, keys].reduce((count, part) => count + Object.keys(part).length, 0);
}

/** Microseconds; null where the thread does not tell. */
async function processorTimeOf(worker: Worker): Promise<number | null> {
  if (typeof worker.cpuUsage !== 'function') return null; // It came with Node 24.6.
  const asked = worker.cpuUsage().then(({ user, system }) => user + system);
  return Promise.race([asked, delay(PROCESSOR_TIME_MS, null, { ref: false })]).catch(() => null);
}

function blame(job: Job, code: Loss['code'], detail: string): Job {
  const ended = job.ended + 1;
  if (code !== null) return { ...job, ended, refusal: { code, detail } };
  return ended < MAX_ENDED ? { ...job, ended } : { ...job, ended, refusal: { code: 'evaluation_failed', detail } };
}

function failure(why: string): AppError {
  return new AppError('internal', 'The decision failed.', { cause: new Error(why) });
}

function errorOf({ code, message }: { code: ErrorCode; message: string }): AppError {
  return code === 'internal' ? failure(message) : new AppError(code, message);
}

function overloaded(message: string): AppError {
  return new AppError('overloaded', message);
}
