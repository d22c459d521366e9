import { Worker } from 'node:worker_threads';
import { AppError } from '../../base/errors.ts';
import { workerUrl } from '../../base/worker-url.ts';
import type { ConnectionOptions, Work, WriteFailure, WriteName, WriteReply, Writes } from './write-connection.ts';
import type { WriterRequest } from './writer.ts';

/** Writes that may wait at once; beyond it callers are refused, because a queue must not grow without bound. */
const MAX_PENDING = 10_000;

interface Pending {
  resolve: (gives: unknown) => void;
  reject: (error: AppError) => void;
}

/** Hands work to the thread that writes, in the order of the calls. */
export interface WriterThread {
  /** Rejects with AppError `store_unavailable`, or `record_invalid` for a row that does not verify. */
  ask<Name extends WriteName>(name: Name, with_: Writes[Name]['takes']): Promise<Writes[Name]['gives']>;
  /** The error of a single member of a commit. */
  errorOf(failure: WriteFailure): AppError;
  close(): Promise<void>;
}

export interface WriterEvents {
  /** Called once if the thread dies: nothing can be stored from then on until a restart. */
  onFailure: (error: Error) => void;
  onDamage: (detail: string) => void;
}

/** Rejects with AppError `store_unavailable` where the database cannot be opened. */
export async function openWriterThread(
  options: ConnectionOptions,
  { onFailure, onDamage }: WriterEvents,
): Promise<WriterThread> {
  const worker = await startWriter(options);
  const pending = new Map<number, Pending>();
  let outgoing: WriterRequest[] = [];
  let nextId = 0;
  let failure: AppError | null = null;
  let closing = false;

  worker.on('message', (replies: WriteReply[]) => {
    for (const { id, result } of replies) {
      const waiter = pending.get(id);
      pending.delete(id);
      if ('gives' in result) waiter?.resolve(result.gives);
      else waiter?.reject(errorOf(result.failure));
    }
  });
  worker.on('error', (error) => fail(unavailable('The writer thread failed.', error)));
  worker.on('exit', () => fail(unavailable('The store is closed.')));

  function errorOf({ code, message, cause, isDamage }: WriteFailure): AppError {
    if (isDamage) onDamage(cause ?? message);
    return new AppError(code, message, cause === null ? {} : { cause: new Error(cause) });
  }

  function fail(error: AppError): void {
    if (failure !== null) return;
    failure = error;
    for (const { reject } of pending.values()) reject(error);
    pending.clear();
    if (!closing) onFailure(error);
  }

  function send(work: WriterRequest['work']): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (failure !== null) return reject(failure);
      if (pending.size >= MAX_PENDING) return reject(unavailable('Too many writes are waiting; try again later.'));
      const id = nextId++;
      pending.set(id, { resolve, reject });
      if (outgoing.push({ id, work } as WriterRequest) === 1) process.nextTick(post);
    });
  }

  /** All requests of one turn of the event loop go to the writer in one message. */
  function post(): void {
    worker.postMessage(outgoing);
    outgoing = [];
  }

  return {
    ask: <Name extends WriteName>(name: Name, with_: Writes[Name]['takes']) =>
      send({ name, with: with_ } as Work) as Promise<Writes[Name]['gives']>,
    errorOf,
    async close() {
      closing = true;
      if (failure === null) await send('close');
    },
  };
}

async function startWriter(options: ConnectionOptions): Promise<Worker> {
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
