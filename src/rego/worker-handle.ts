import { Worker } from 'node:worker_threads';
import type { RegoFailureCode } from './result.ts';
import type { Task, ThreadData } from './worker-thread.ts';

/** A thread ended, or was too slow, before it answered. */
export class ThreadLost extends Error {
  override readonly name = 'ThreadLost';
  readonly code: RegoFailureCode;

  constructor(code: RegoFailureCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** A thread that answers one task after the other. It keeps the process alive only while an answer is awaited. */
export interface Thread {
  post(task: Task): void;
  /** The next message. Rejects with ThreadLost where it does not come within the limit. */
  next<T>(limitMs: number): Promise<T>;
  /** Whether the thread has ended, for example while it was idle. */
  isLost(): boolean;
  end(): Promise<void>;
}

export function openThread(workerData: ThreadData, maxHeapBytes: number): Thread {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  const worker = new Worker(new URL(`./worker-thread.${extension}`, import.meta.url), {
    workerData,
    resourceLimits: { maxOldGenerationSizeMb: Math.ceil(maxHeapBytes / 2 ** 20) },
  });
  worker.unref();
  let lost: ThreadLost | null = null;
  let settle = (_message: unknown, _lost?: ThreadLost) => {};

  function lose(code: RegoFailureCode, why: string): void {
    lost ??= new ThreadLost(code, why);
    settle(undefined, lost);
  }
  worker.on('message', (message) => settle(message));
  worker.on('messageerror', (error) => lose('crashed', `the thread sent an unreadable message: ${error.message}`));
  worker.on('error', (error: Error & { code?: string }) => {
    lose(error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? 'out_of_memory' : 'crashed', error.message);
  });
  worker.on('exit', (code) => lose('crashed', `the thread exited with ${code}`));

  return {
    post: (task) => worker.postMessage(task),
    next: <T>(limitMs: number) =>
      new Promise<T>((resolve, reject) => {
        if (lost !== null) return reject(lost);
        worker.ref();
        const timer = setTimeout(() => lose('timeout', `it takes longer than ${limitMs} ms`), limitMs);
        settle = (message, loss) => {
          settle = () => {};
          clearTimeout(timer);
          worker.unref();
          if (loss === undefined) resolve(message as T);
          else reject(loss);
        };
      }),
    isLost: () => lost !== null,
    async end() {
      await worker.terminate();
    },
  };
}
