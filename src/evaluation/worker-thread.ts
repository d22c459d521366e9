import { setTimeout as delay } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { dataLimitMs, STEP_MS } from './loader.ts';
import { EvaluationMonitor } from './monitor.ts';
import type { PolicySource } from './policy.ts';
import type { TaskResult, WorkerData } from './worker.ts';

/** A worker as the pool sees it. */
export interface WorkerThread {
  worker: Worker;
  monitor: EvaluationMonitor;
}

export interface WorkerThreadParts {
  /** The entry module of the worker, which calls runWorker. */
  entry: URL;
  setup: unknown;
  source: PolicySource;
  /** Beside what policy and data take. */
  memoryBytes: number;
  /** Within which the thread has to run, and then to open its policy; default 60 s, and twice what the loader allows. */
  startTimeoutMs: number | undefined;
  onResults: (results: readonly TaskResult[]) => void;
  /** The thread ended, or sends what cannot be read, or is not ready in time. Called any number of times. */
  onLoss: (loss: { code: 'evaluation_memory' | null; why: string }) => void;
}

/** JavaScript heap of a thread before any evaluation: its code and its tables, and what the directory takes for a name. */
const THREAD_HEAP_BYTES = 128 * 1024 * 1024;
/** What a decision leaves behind is garbage at once; the more room, the less often it is collected. */
const YOUNG_HEAP_MIB = 48;
const HEAP_BYTES_PER_NAME = 1024;
const START_TIMEOUT_MS = 60_000;
/** A thread that does not tell its processor time within this is doing something that cannot be interrupted. */
const PROCESSOR_TIME_MS = 100;

/**
 * Starts a worker; `ready` resolves when it has opened its policy, and rejects where it ends before that. Throws where the
 * system has no thread left.
 */
export function startWorkerThread(parts: WorkerThreadParts): WorkerThread & { ready: Promise<void> } {
  const { entry, setup, source, memoryBytes, onResults } = parts;
  const monitor = new EvaluationMonitor();
  const heapBytes = THREAD_HEAP_BYTES + namesIn(source.people) * HEAP_BYTES_PER_NAME + memoryBytes;
  const workerData: WorkerData = { source, evaluationMemoryBytes: memoryBytes, monitor: monitor.buffer, setup };
  const worker = new Worker(entry, {
    workerData,
    resourceLimits: { maxOldGenerationSizeMb: heapBytes / 2 ** 20, maxYoungGenerationSizeMb: YOUNG_HEAP_MIB },
  });
  const { promise: ready, resolve, reject } = Promise.withResolvers<void>();
  const openTimeoutMs = parts.startTimeoutMs ?? dataLimitMs(source.data.byteLength, 2 * STEP_MS);
  let overdue: NodeJS.Timeout | undefined;

  function lose(why: string, code: 'evaluation_memory' | null = null): void {
    clearTimeout(overdue);
    reject(new Error(why));
    parts.onLoss({ code, why });
  }

  function expectWithin(timeoutMs: number): void {
    clearTimeout(overdue);
    overdue = setTimeout(() => lose(`a worker was not ready within ${timeoutMs} ms`), timeoutMs).unref();
  }

  expectWithin(parts.startTimeoutMs ?? START_TIMEOUT_MS);
  worker.on('message', (message: 'opening' | 'ready' | TaskResult[]) => {
    if (message === 'opening') return expectWithin(openTimeoutMs);
    if (message !== 'ready') return onResults(message);
    clearTimeout(overdue);
    resolve();
  });
  worker.on('messageerror', (error) => lose(`a worker sent an unreadable message: ${error.message}`));
  worker.on('error', (error: Error & { code?: string }) => {
    const code = error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? 'evaluation_memory' : null;
    lose(`a worker failed: ${error.message}`, code);
  });
  worker.on('exit', (exitCode) => lose(`a worker exited with ${exitCode}`));
  return { worker, monitor, ready };
}

/** Ends a worker that is given up. Nothing of it is heard any more. */
export function abandon({ worker }: WorkerThread): void {
  worker.removeAllListeners();
  worker.on('error', () => {}); // Without a listener, an error would end the process.
  void worker.terminate();
}

/** Microseconds; null where the thread does not tell. */
export async function processorTimeOf({ worker }: WorkerThread): Promise<number | null> {
  if (typeof worker.cpuUsage !== 'function') return null; // It came with Node 24.6.
  const asked = worker.cpuUsage().then(({ user, system }) => user + system);
  return Promise.race([asked, delay(PROCESSOR_TIME_MS, null, { ref: false })]).catch(() => null);
}

function namesIn({ identities, organisation: { people, groups } }: PolicySource['people']): number {
  const keys = Object.values(people).flatMap((person) => person.keys);
  return [identities, people, groups, keys].reduce((count, part) => count + Object.keys(part).length, 0);
}
