import { Worker } from 'node:worker_threads';
import { AppError } from '../../base/errors.ts';
import { workerUrl } from '../../base/worker-url.ts';
import type { CommitResult } from '../store.ts';
import type { Work, WriteReply, WriteRequest, WriterOptions } from './writer.ts';

/** Writes that may wait at once; beyond it callers are refused, since a queue that only grows helps nobody. */
const MAX_PENDING = 10_000;

interface Pending {
  resolve: (result: CommitResult) => void;
  reject: (error: AppError) => void;
}

/** Hands work to the thread that writes, in the order of the calls. */
export interface WriterThread {
  /** Rejects with AppError `store_unavailable`, or `record_invalid` for a row that does not verify. */
  ask(work: Work): Promise<CommitResult>;
  close(): Promise<void>;
}

export interface WriterEvents {
  /** Once, if the thread dies: nothing can be kept from then on, and only a new start helps. */
  onFailure: (error: Error) => void;
  onDamage: (detail: string) => void;
}

/** Rejects with AppError `store_unavailable` where the database cannot be opened. */
export async function openWriterThread(
  options: WriterOptions,
  { onFailure, onDamage }: WriterEvents,
): Promise<WriterThread> {
  const worker = await startWriter(options);
  const pending = new Map<number, Pending>();
  let outbox: WriteRequest[] = [];
  let nextId = 0;
  let failure: AppError | null = null;
  let closing = false;

  worker.on('message', (replies: WriteReply[]) => {
    for (const { id, result } of replies) {
      const waiter = pending.get(id);
      pending.delete(id);
      if (typeof result === 'string') {
        waiter?.resolve(result);
        continue;
      }
      const { code, message, cause, isDamage } = result;
      if (isDamage) onDamage(cause ?? message);
      waiter?.reject(new AppError(code, message, cause === null ? {} : { cause: new Error(cause) }));
    }
  });
  worker.on('error', (error) => fail(unavailable('The writer thread failed.', error)));
  worker.on('exit', () => fail(unavailable('The store is closed.')));

  function fail(error: AppError): void {
    if (failure !== null) return;
    failure = error;
    for (const { reject } of pending.values()) reject(error);
    pending.clear();
    if (!closing) onFailure(error);
  }

  function ask(work: Work): Promise<CommitResult> {
    return new Promise((resolve, reject) => {
      if (failure !== null) return reject(failure);
      if (pending.size >= MAX_PENDING) return reject(unavailable('Too many writes are waiting.'));
      const id = nextId++;
      pending.set(id, { resolve, reject });
      if (outbox.push({ id, work }) === 1) process.nextTick(post);
    });
  }

  /** What is asked for in one turn of the event loop goes to the writer in one message. */
  function post(): void {
    worker.postMessage(outbox);
    outbox = [];
  }

  return {
    ask,
    async close() {
      closing = true;
      if (failure === null) await ask('close');
    },
  };
}

async function startWriter(options: WriterOptions): Promise<Worker> {
  const worker = new Worker(workerUrl('./writer', import.meta.url), { workerData: options });
  await new Promise<void>((resolve, reject) => {
    worker.once('message', () => resolve());
    worker.once('error', (error) => reject(unavailable(`The database ${options.file} cannot be opened.`, error)));
  });
  worker.removeAllListeners('error');
  return worker;
}

export function unavailable(message: string, cause?: unknown): AppError {
  return new AppError('store_unavailable', message, { cause });
}
