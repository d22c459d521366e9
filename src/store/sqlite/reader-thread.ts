import { Worker } from 'node:worker_threads';
import { AppError } from '../../base/errors.ts';
import { workerUrl } from '../../base/worker-url.ts';
import type { ReaderOptions, ReadName, ReadReply, ReadRequest, Reads } from './reader.ts';

/** Reads in a separate thread, one after the other. */
export interface ReaderThread {
  /**
   * Rejects with AppError `overloaded` where too many wait or this one takes too long, `record_invalid` for a row that does
   * not verify, `store_unavailable` where the database cannot be read.
   */
  read<Name extends ReadName>(name: Name, with_: Reads[Name]['takes']): Promise<Reads[Name]['gives']>;
  close(): Promise<void>;
}

export interface ReaderLimits {
  /** For one read, once it has begun. */
  timeoutMs: number;
  maxWaiting: number;
}

export const READER_LIMITS: ReaderLimits = { timeoutMs: 5000, maxWaiting: 256 };

interface Waiting {
  request: ReadRequest;
  resolve: (gives: unknown) => void;
  reject: (error: AppError) => void;
}

/** `onDamage` is called for reads that find damage. */
export function openReaderThread(
  options: ReaderOptions,
  { timeoutMs, maxWaiting }: ReaderLimits,
  onDamage: (detail: string) => void,
): ReaderThread {
  const waiting: Waiting[] = [];
  let current: Waiting | null = null;
  let isClosed = false;
  let thread = startThread();

  interface Thread {
    worker: Worker;
    isReady: boolean;
    hasEnded: boolean;
    timer: NodeJS.Timeout | undefined;
  }

  function startThread(): Thread {
    const worker = new Worker(workerUrl('./reader', import.meta.url), { workerData: options });
    const mine: Thread = { worker, isReady: false, hasEnded: false, timer: undefined };
    worker.on('message', (message: 'ready' | ReadReply) => {
      if (mine !== thread) return; // This thread was replaced.
      if (message === 'ready') mine.isReady = true;
      else settle(message);
      next();
    });
    worker.on('error', (error) => giveUp(mine, `The reader thread failed: ${(error as Error).message}`));
    worker.on('exit', () => giveUp(mine, 'The reader thread ended.'));
    return mine;
  }

  function settle(reply: ReadReply): void {
    clearTimeout(thread.timer);
    const asked = current;
    current = null;
    if ('gives' in reply) {
      asked?.resolve(reply.gives);
      return;
    }
    const { code, message, isDamage } = reply.failure;
    if (isDamage) onDamage(message);
    asked?.reject(new AppError(code, message));
  }

  /** The current read fails. The waiting ones go to the next thread, which starts when it is needed. */
  function giveUp(mine: Thread, why: string): void {
    if (mine !== thread || mine.hasEnded) return;
    mine.hasEnded = true;
    clearTimeout(mine.timer);
    const failed = current ?? waiting.shift(); // A thread that cannot start must not be restarted endlessly.
    current = null;
    failed?.reject(new AppError('store_unavailable', why));
    next();
  }

  function takesTooLong(): void {
    const asked = current;
    current = null;
    // SQLite stops at the next row at the latest. The thread lives until then, and nothing waits for it.
    thread.hasEnded = true;
    void thread.worker.terminate();
    asked?.reject(new AppError('overloaded', `The read took longer than ${timeoutMs} ms. Request less at once.`));
    next();
  }

  function next(): void {
    if (current !== null || waiting.length === 0 || isClosed) return;
    if (thread.hasEnded) thread = startThread();
    if (!thread.isReady) return;
    current = waiting.shift() ?? null;
    thread.worker.postMessage(current?.request);
    thread.timer = setTimeout(takesTooLong, timeoutMs);
  }

  return {
    read<Name extends ReadName>(name: Name, with_: Reads[Name]['takes']) {
      return new Promise<Reads[Name]['gives']>((resolve, reject) => {
        if (isClosed) return reject(new AppError('store_unavailable', 'The store is closed.'));
        if (waiting.length >= maxWaiting) {
          return reject(new AppError('overloaded', 'Too many searches are waiting; try again later.'));
        }
        const request = { name, with: with_ } as ReadRequest;
        waiting.push({ request, resolve: resolve as (gives: unknown) => void, reject });
        next();
      });
    },
    async close() {
      isClosed = true;
      clearTimeout(thread.timer);
      const closed = new AppError('store_unavailable', 'The store is closed.');
      for (const each of [...(current === null ? [] : [current]), ...waiting.splice(0)]) each.reject(closed);
      current = null;
      thread.hasEnded = true;
      await thread.worker.terminate();
    },
  };
}
