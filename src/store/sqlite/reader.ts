import { DatabaseSync } from 'node:sqlite';
import { isMainThread, parentPort, workerData } from 'node:worker_threads';
import { AppError, type ErrorCode } from '../../base/errors.ts';
import type { VerificationKey } from '../../base/jws.ts';
import type { CasePage, CaseQuery, ChainPage } from '../store.ts';
import type { StoredRecord } from '../stored-record.ts';
import { verifyStored } from '../stored-record.ts';
import { type CheckPosition, type CheckSlice, prepareCheck } from './check.ts';
import { isDamaged } from './faults.ts';
import { createRowMacs } from './row-mac.ts';
import { prepareCountToJudge, prepareSearch } from './search.ts';

/*
 * A reader thread: slow reads run here, on a separate read-only connection, while the thread that serves HTTP continues. It
 * has no state, so it can be terminated and replaced at any moment.
 */

/** The parameters and result of each kind of read, by its name. */
export interface Reads {
  search: { takes: CaseQuery; gives: CasePage };
  chain: { takes: ChainPage & { case: string }; gives: StoredRecord[] };
  records: { takes: readonly string[]; gives: StoredRecord[] };
  countToSweep: { takes: { policy: string; now: string }; gives: number };
  check: { takes: { from: CheckPosition; limitMs: number }; gives: CheckSlice };
}

export type ReadName = keyof Reads;
export type ReadRequest = { [Name in ReadName]: { name: Name; with: Reads[Name]['takes'] } }[ReadName];

/** Classes cannot be posted between threads, so an AppError is sent as its code and message. */
export type ReadReply = { gives: unknown } | { failure: { code: ErrorCode; message: string; isDamage: boolean } };

export interface ReaderOptions {
  file: string;
  rowSecret: Uint8Array;
  /** Public keys that records verify with. */
  keys: readonly VerificationKey[];
}

type Read = { [Name in ReadName]: (with_: Reads[Name]['takes']) => Reads[Name]['gives'] };

/** The columns of a StoredRecord. */
export const RECORD_COLUMNS = 'id, case_id AS "case", seq, at, jws, digest';

function openReads({ file, rowSecret, keys }: ReaderOptions): Read {
  const db = new DatabaseSync(file, { readOnly: true });
  const chain = db.prepare(`SELECT ${RECORD_COLUMNS} FROM records WHERE case_id = ? AND seq > ? ORDER BY seq LIMIT ?`);
  const record = db.prepare(`SELECT ${RECORD_COLUMNS} FROM records WHERE id = ?`);
  const macs = createRowMacs(rowSecret);
  const check = prepareCheck(db, { keys, macs });
  return {
    search: prepareSearch(db, macs),
    countToSweep: prepareCountToJudge(db),
    records(ids) {
      const rows = ids.map((id) => record.get(id) as StoredRecord | undefined);
      const found = rows.filter((row) => row !== undefined);
      for (const row of found) verifyStored(row, keys);
      return found;
    },
    check: ({ from, limitMs }) => check(from, limitMs),
    chain({ case: caseId, after, limit, maxBytes }) {
      const page: StoredRecord[] = [];
      let bytes = 0;
      for (const row of chain.iterate(caseId, after, limit)) {
        const found = row as unknown as StoredRecord;
        verifyStored(found, keys);
        page.push(found);
        bytes += found.jws.length;
        if (bytes >= maxBytes) break;
      }
      return page;
    },
  };
}

function serve(port: NonNullable<typeof parentPort>, options: ReaderOptions): void {
  const reads = openReads(options);
  port.on('message', (request: ReadRequest) => port.postMessage(answer(reads, request)));
  port.postMessage('ready');
}

function answer(reads: Read, request: ReadRequest): ReadReply {
  try {
    const read = reads[request.name] as (with_: unknown) => unknown;
    return { gives: read(request.with) };
  } catch (error) {
    const isDamage = isDamaged(error);
    if (error instanceof AppError) return { failure: { code: error.code, message: error.message, isDamage } };
    const message = `The store could not be read: ${(error as Error).message}`;
    return { failure: { code: 'store_unavailable', message, isDamage } };
  }
}

if (!isMainThread && parentPort !== null) serve(parentPort, workerData as ReaderOptions);
