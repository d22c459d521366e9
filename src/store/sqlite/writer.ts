import { isMainThread, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { isDamaged } from './faults.ts';
import { anchorFileOf, EMPTY_LOG, openFileAnchor } from './head-anchor.ts';
import { LostOwnership } from './ownership.ts';
import {
  type ConnectionOptions,
  openWriteConnection,
  type WriteConnection,
  type WriteFailure,
  type WriteReply,
  type WriteRequest,
} from './write-connection.ts';

/*
 * The writer thread: the only place that writes to the database. Whatever has queued up while a transaction was committed
 * forms the next one, so transactions grow with the load and no timer delays a lone record.
 */

/** What the main thread asks for. */
export type WriterRequest = WriteRequest | { id: number; work: 'close' };

/** Requests for one transaction: no further message is taken from here on. */
const FULL_TRANSACTION = 256;

/**
 * Serves write requests until it is told to close. A connection on which an operation failed is closed and reopened for the
 * next transaction: closing rolls back, and a full disk or a foreign lock heals without a restart.
 */
async function serve(port: NonNullable<typeof parentPort>, options: ConnectionOptions): Promise<void> {
  let connection: WriteConnection | null = openWriteConnection(options);
  connection.claim(); // Only once: a reopened connection must not claim the database again.
  const anchor = openFileAnchor(anchorFileOf(options.file), options.rowSecret);
  if ((await anchor.read()) === null) await anchor.write(EMPTY_LOG);
  let isBusy = false;
  const waiting: WriterRequest[] = [];
  port.on('message', async (first: WriterRequest[]) => {
    waiting.push(...first);
    if (isBusy) return;
    isBusy = true;
    while (waiting.length > 0) await serveWaiting();
    isBusy = false;
  });
  port.postMessage('ready');

  /** The requests queued meanwhile, in order. */
  function takeWaiting(): WriterRequest[] {
    while (waiting.length < FULL_TRANSACTION) {
      const next = receiveMessageOnPort(port) as { message: WriterRequest[] } | undefined;
      if (next === undefined) break;
      waiting.push(...next.message);
    }
    return waiting.splice(0);
  }

  async function serveWaiting(): Promise<void> {
    const requests = takeWaiting();
    const closing = requests.filter(({ work }) => work === 'close');
    const writes = requests.flatMap(({ id, work }) => (work === 'close' ? [] : [{ id, work }]));
    if (writes.length > 0) port.postMessage(await write(writes));
    if (closing.length === 0) return;
    connection?.close();
    anchor.close();
    port.postMessage(closing.map(({ id }): WriteReply => ({ id, result: { gives: null } })));
    port.close();
  }

  /**
   * Nothing is answered before it is in the anchor, so that a later loss of an answered record is noticed at the next start.
   */
  async function write(requests: readonly WriteRequest[]): Promise<WriteReply[]> {
    try {
      connection ??= openWriteConnection(options);
      const { replies, head } = connection.write(requests);
      if (head !== null) await anchor.write(head);
      return replies;
    } catch (error) {
      connection?.close();
      connection = null;
      if (error instanceof LostOwnership) throw error; // Ends this thread, and with it the process.
      const failure: WriteFailure = {
        code: 'store_unavailable',
        message: 'The record could not be written.',
        cause: String(error),
        isDamage: isDamaged(error),
      };
      return requests.map(({ id }) => ({ id, result: { failure } }));
    }
  }
}

if (!isMainThread && parentPort !== null) await serve(parentPort, workerData as ConnectionOptions);
