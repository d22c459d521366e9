import { AppError, type ErrorCode } from '../base/errors.ts';
import { workerUrl } from '../base/worker-url.ts';
import type { PolicyRef } from '../contract/record.ts';
import type { Sentences } from '../domain/catalogue.ts';
import { createDirectory, type Directory } from '../domain/directory.ts';
import type { DecisionInput, Judgement } from './judge.ts';
import type { CurrentJob } from './monitor.ts';
import type { PolicySource } from './policy.ts';
import type { Task, TaskResult } from './worker.ts';
import { abandon, processorTimeOf, startWorkerThread, type WorkerThread } from './worker-thread.ts';

/** What no evaluation may exceed, and how many inputs may wait. */
export interface Bounds {
  threads: number;
  timeoutMs: number;
  /** Beside what policy and data take. */
  memoryBytes: number;
  maxWaiting: number;
}

export interface EvaluationPoolParts {
  source: PolicySource;
  bounds: Bounds;
  /** Told of workers that ended, for the log. */
  onThreadEnd: (why: string) => void;
  /** The entry module of the workers, and what it gets from workerSetup(). Default: workers that only judge. */
  worker?: { entry: URL; setup: unknown };
  /** Within which a worker has to run, and then to open its policy; default 60 s, and twice what the loader allows. */
  startTimeoutMs?: number;
}

/** Workers that judge by one policy. */
export interface EvaluationPool {
  ref: PolicyRef;
  kinds: readonly string[];
  directory: Directory;
  /** For the codes that the policy reports. */
  sentences: Sentences;
  /**
   * Judges an input. One whose evaluation exceeds its bounds is a deny. Rejects with AppError `overloaded` where too many
   * inputs wait, or no worker could be started, and with `internal`; then nothing was judged.
   */
  judge(input: DecisionInput): Promise<Judgement>;
  /**
   * One round trip to a worker that judges the input and completes an order with the judgement, or completes an order that
   * needs no judgement (`input` is null): that goes before all inputs that wait, and is never refused as one too many.
   * Resolves with what `complete` of the worker returned. Rejects as judge() does.
   */
  complete(order: object, input: DecisionInput | null): Promise<unknown>;
  /** Whether a worker is there. */
  isReady(): boolean;
  /** Ends the workers when what waits is done. */
  close(): Promise<void>;
}

interface Job extends Task {
  resolve: (result: unknown) => void;
  reject: (error: AppError) => void;
  /** Workers that ended while they were working on it. */
  ended: number;
}

interface Thread extends WorkerThread {
  ready: boolean;
  jobs: Map<number, Job>;
}

/** How a worker ended, and during which job. */
interface Loss {
  culprit: number | undefined;
  code: 'evaluation_timeout' | 'evaluation_memory' | null;
  why: string;
}

/** A worker gets a batch when it has at most as many left: it never waits for the next, and messages are few under load. */
const BATCH = 4;
const RESPAWN_DELAY_MS = 1000;
const LOOKS_PER_TIMEOUT = 8;
/** A worker that does not get to run may take this many times the limit. */
const MAX_STARVED_FACTOR = 20;
const MIN_LOOK_MS = 5;
/** Workers that may end during one job for no known reason before its input is denied. */
const MAX_ENDED = 2;

/** Resolves when all workers are ready. Rejects with AppError `bundle_invalid` where one cannot be had. */
export async function openEvaluationPool(parts: EvaluationPoolParts): Promise<EvaluationPool> {
  const { source, bounds, onThreadEnd, startTimeoutMs, worker = judgingWorker() } = parts;
  const threads = new Set<Thread>();
  const waiting: Job[] = [];
  const drained: (() => void)[] = [];
  let nextNumber = 1;
  let closing = false;
  let timer: NodeJS.Timeout | null = null;
  const lookMs = Math.max(MIN_LOOK_MS, bounds.timeoutMs / LOOKS_PER_TIMEOUT);
  let lookedAt = 0;

  /** Resolves when the worker is ready; rejects also where the system has no thread left. */
  async function spawn(): Promise<void> {
    const { ready, ...started } = startWorkerThread({
      ...worker,
      source,
      memoryBytes: bounds.memoryBytes,
      startTimeoutMs,
      onResults: (results) => settle(thread, results),
      onLoss: (loss) => lose(thread, { ...loss, culprit: thread.monitor.current()?.job }),
    });
    const thread: Thread = { ...started, ready: false, jobs: new Map() };
    threads.add(thread);
    await ready;
    thread.ready = true;
    assign();
  }

  function respawn(): void {
    if (closing) return;
    spawn().catch(() => {
      if (!isReady()) {
        for (const { reject } of waiting.splice(0)) reject(overloaded('No worker could be started.'));
        watchWhileBusy();
      }
      setTimeout(respawn, RESPAWN_DELAY_MS).unref();
    });
  }

  function settle(thread: Thread, results: readonly TaskResult[]): void {
    for (const result of results) {
      const job = thread.jobs.get(result.number);
      thread.jobs.delete(result.number);
      if ('failure' in result) job?.reject(errorOf(result.failure));
      else job?.resolve(result.result);
    }
    assign();
  }

  /** Takes a worker out that failed or has to be ended: its current job bears the blame, the others start anew. */
  function lose(thread: Thread, { culprit, code, why }: Loss): void {
    if (!threads.delete(thread)) return;
    abandon(thread);
    onThreadEnd(why);
    const jobs = [...thread.jobs.values()];
    // Between two jobs it was about to begin the first that is left.
    const blamed = jobs.find(({ number }) => number === (culprit ?? jobs[0]?.number));
    const isOver = blamed !== undefined && isFinal(blamed);
    if (isOver) blamed.reject(failure(`${why} during a job that evaluates nothing`));
    const left = jobs.filter((job) => !(isOver && job === blamed));
    waiting.unshift(...left.map((job) => (job === blamed ? blame(job, code, why) : job)));
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
      const tasks = batch.map(({ number, input, order, refusal }): Task => ({ number, input, order, refusal }));
      thread.worker.postMessage(tasks);
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
    // By as much as this call is late the whole process may have stood still, which is no fault of an evaluation.
    const lateMs = Math.max(0, performance.now() - lookedAt - lookMs);
    lookedAt = performance.now();
    for (const thread of threads) {
      const current = thread.monitor.current();
      if (current === null || current.evaluatingMs - lateMs <= bounds.timeoutMs || !thread.jobs.has(current.job))
        continue;
      void endIfAtFault(thread, current);
    }
  }

  /** On a busy machine, a worker that was hardly let run is given more time, though not for ever. */
  async function endIfAtFault(thread: Thread, { job, evaluatingMs, cpuAtBeginMicros }: CurrentJob): Promise<void> {
    if (evaluatingMs <= bounds.timeoutMs * MAX_STARVED_FACTOR) {
      const used = await processorTimeOf(thread);
      if (used !== null && used - cpuAtBeginMicros <= bounds.timeoutMs * 1000) return;
      if (thread.monitor.current()?.job !== job) return;
    }
    const why = `an evaluation took longer than ${bounds.timeoutMs} ms`;
    lose(thread, { culprit: job, code: 'evaluation_timeout', why });
  }

  function isReady(): boolean {
    return [...threads].some(({ ready }) => ready);
  }

  function run(input: DecisionInput | null, order: object | null): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (closing) return reject(overloaded('The workers are shutting down.'));
      if (input !== null && waiting.length >= bounds.maxWaiting) {
        return reject(overloaded('Too many decisions are waiting.'));
      }
      const job: Job = { number: nextNumber++, input, order, refusal: null, resolve, reject, ended: 0 };
      if (input === null) waiting.unshift(job);
      else waiting.push(job);
      assign();
    });
  }

  async function close(): Promise<void> {
    if (timer !== null) await new Promise<void>((resolve) => drained.push(resolve));
    closing = true;
    const ending = [...threads];
    threads.clear(); // From here on lose() must not touch them: it removes the listeners by which terminate() sees the end.
    await Promise.all(ending.map((thread) => thread.worker.terminate()));
  }

  try {
    await Promise.all(Array.from({ length: bounds.threads }, spawn));
  } catch (cause) {
    await close();
    throw new AppError('bundle_invalid', 'No worker could be started with the policy of the bundle.', { cause });
  }

  return {
    ref: source.ref,
    kinds: source.kinds,
    directory: createDirectory(source.people),
    sentences: source.sentences,
    judge: (input) => run(input, null) as Promise<Judgement>,
    complete: (order, input) => run(input, order),
    isReady,
    close,
  };
}

function judgingWorker(): NonNullable<EvaluationPoolParts['worker']> {
  return { entry: workerUrl('./judging-worker', import.meta.url), setup: null };
}

/** Whether a job ends where a worker ends during it: it evaluates nothing that could be left out the next time. */
function isFinal({ input, refusal, ended }: Job): boolean {
  return input === null ? ended + 1 >= MAX_ENDED : refusal !== null;
}

function blame(job: Job, code: Loss['code'], detail: string): Job {
  const ended = job.ended + 1;
  if (job.input === null) return { ...job, ended };
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
