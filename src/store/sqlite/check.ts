import type { DatabaseSync } from 'node:sqlite';
import { canonicalJson, sha256 } from '../../base/canonical-json.ts';
import { AppError } from '../../base/errors.ts';
import { unverifiedPayload, type VerificationKey } from '../../base/jws.ts';
import type { Statement } from '../../contract/statement.ts';
import type { TokenRecord } from '../../contract/token.ts';
import { isDecision } from '../../domain/statement.ts';
import { headFrom } from '../case-head.ts';
import type { CaseHead } from '../store.ts';
import type { StoredRecord } from '../stored-record.ts';
import { isOfInstallation, verifyStored } from '../stored-record.ts';
import type { ListedToken, StoredToken } from '../token-store.ts';
import { ACTIVE_UPLOAD, readUploadRow } from './bundle-rows.ts';
import { CASE_COLUMNS, readCaseRow } from './case-rows.ts';
import type { KeyRow, RowMacs } from './row-mac.ts';
import { readTokenRow, TOKENS_BY_ID } from './token-rows.ts';

/** A fault of the stored data, as a sentence that names the row. */
export type StoreFault = string;

/** The progress of a check: rows of `table` after this one are next. */
export type CheckPosition =
  | { table: 'records'; after: number }
  | { table: 'cases'; after: string }
  | { table: 'idempotency'; after: string }
  | { table: 'tokens'; after: string }
  | { table: 'uploads'; after: string };

/** `next`: where to go on; null at the end of everything. */
export interface CheckSlice {
  faults: StoreFault[];
  next: CheckPosition | null;
  rows: number;
}

export const CHECK_START: CheckPosition = { table: 'records', after: -1 };

/** How far a check skips after a position of the log that cannot be read. */
const UNREADABLE_STEP = 64;

type LogRow = StoredRecord & { position: number; leaf: string };

/**
 * Checks what is kept, a slice at a time: every record (its digest, its signature, that it is the one of its row, that it
 * follows on the one before it, that its case or token has a row, that no place of the log is empty), every row of a case (its
 * MAC, and that it says what the newest records of the case say), every idempotency key (its MAC), every token (its MAC, and
 * that it says what its newest record says) and every uploaded bundle (its digest, and the MAC of the row that chooses one).
 */
export function prepareCheck(
  db: DatabaseSync,
  { keys, macs }: { keys: readonly VerificationKey[]; macs: RowMacs },
): (from: CheckPosition, limitMs: number) => CheckSlice {
  const records = db.prepare(`SELECT position, id, case_id AS "case", seq, at, jws, digest, leaf FROM records
    WHERE position > ? ORDER BY position`);
  const recordBefore = db.prepare('SELECT id AS jti, digest FROM records WHERE case_id = ? AND seq = ?');
  const recordsOfCase = db.prepare('SELECT jws FROM records WHERE case_id = ? ORDER BY seq DESC');
  const newest = db.prepare('SELECT max(position) AS top FROM records');
  const hasRecord = db.prepare('SELECT 1 FROM records WHERE id = ?');
  const hasCase = db.prepare('SELECT 1 FROM cases WHERE id = ?');
  const cases = db.prepare(`SELECT ${CASE_COLUMNS} FROM cases
    CROSS JOIN control_sets ON control_sets.id = cases.control_set
    WHERE cases.id > ? ORDER BY cases.id`);
  const tokens = db.prepare(TOKENS_BY_ID);
  const recordOfToken = db.prepare('SELECT record FROM tokens WHERE id = ?');
  const uploads = db.prepare('SELECT digest, bundle FROM uploaded_bundles WHERE digest > ? ORDER BY digest');
  const hasUpload = db.prepare('SELECT 1 FROM uploaded_bundles WHERE digest = ?');
  const activeUpload = db.prepare(ACTIVE_UPLOAD);
  const recordOf = db.prepare('SELECT jws FROM records WHERE id = ?');
  const idempotencyKeys = db.prepare(`SELECT key, fingerprint, record, at, mac FROM idempotency
    WHERE key > ? ORDER BY key`);

  function checkRecord(row: LogRow, after: number): StoreFault[] {
    const faults: StoreFault[] = [];
    const { position, id, case: caseId, seq } = row;
    if (position !== after + 1) faults.push(`positions ${after + 1} to ${position - 1} of the log are missing`);
    const record = verifyStored(row, keys);
    if (row.leaf !== row.digest)
      faults.push(`record ${id} (case ${caseId}, seq ${seq}) has another leaf than its digest`);
    const before = seq === 0 ? null : (recordBefore.get(caseId, seq - 1) ?? null);
    if (!isSame(record.previous, before)) {
      faults.push(`record ${id} (case ${caseId}, seq ${seq}) does not follow the record before it`);
    }
    if (isOfInstallation(record)) faults.push(...checkRowOf(record));
    else if (hasCase.get(caseId) === undefined) faults.push(`case ${caseId} of record ${id} has no row`);
    return faults;
  }

  /** The MAC of a row that was set back to its state before its revocation is valid: only the record shows the revocation. */
  function checkRowOf({ jti, event, token }: TokenRecord): StoreFault[] {
    const row = recordOfToken.get(token.id) as { record: string } | undefined;
    if (row === undefined) return [`token ${token.id} of record ${jti} has no row`];
    const isOlder = event === 'revocation' && row.record !== jti;
    return isOlder ? [`the row of token ${token.id} does not agree with the record ${jti}`] : [];
  }

  /** The subject and the team of a case depend on the directory at the time, which the records do not contain. */
  function checkCase(head: CaseHead): StoreFault[] {
    const statements: Statement[] = [];
    for (const row of recordsOfCase.iterate(head.case)) {
      const statement = unverifiedPayload((row as { jws: string }).jws) as Statement; // Each is verified as a record.
      statements.unshift(statement);
      if (isDecision(statement)) break;
    }
    const derived = headFrom(statements, head);
    if (derived === null) return [`case ${head.case} has no decision`];
    const names = (Object.keys(derived) as (keyof CaseHead)[]).filter((name) => !isSame(derived[name], head[name]));
    return names.length === 0
      ? []
      : [`the row of case ${head.case} does not agree with its records: ${names.join(', ')}`];
  }

  function checkKey({ mac, ...row }: KeyRow & { mac: unknown }): StoreFault[] {
    if (!macs.isOfKey(row, mac)) return [`the idempotency key ${row.key} was not written by this service`];
    return hasRecord.get(row.record) === undefined ? [`the record ${row.record} of an idempotency key is missing`] : [];
  }

  function checkToken(token: StoredToken): StoreFault[] {
    const row = recordOf.get(token.record) as { jws: string } | undefined;
    if (row === undefined) return [`the record ${token.record} of token ${token.id} is missing`];
    const said = unverifiedPayload(row.jws) as TokenRecord; // It is verified as a record.
    const { secret_sha256: _, revoked_at, record: _record, ...members } = token;
    const event = revoked_at === null ? 'creation' : 'revocation';
    if (said.event === event && isSame(said.token, members) && (revoked_at ?? said.at) === said.at) return [];
    return [`the row of token ${token.id} does not agree with its record`];
  }

  function checkActiveUpload(): StoreFault[] {
    const active = readUploadRow(activeUpload.get(), macs);
    const isThere = active === null || hasUpload.get(active.digest) !== undefined;
    return isThere ? [] : [`the bytes of the uploaded bundle ${active.digest} are missing`];
  }

  /** Each table: its rows after a place, what is wrong with a row, and the place of it. */
  const tables: { [Table in CheckPosition['table']]: (after: never) => Iterable<Checked> } = {
    *records(after: number) {
      let last = after;
      for (const row of records.iterate(after) as Iterable<unknown> as Iterable<LogRow>) {
        const faults = told(() => checkRecord(row, last));
        last = row.position;
        yield { faults, next: { table: 'records', after: last } };
      }
    },
    *cases(after: string) {
      for (const row of cases.iterate(after) as Iterable<unknown> as Iterable<{ case: string }>) {
        const faults = told(() => checkCase(readCaseRow(row, macs) as CaseHead));
        yield { faults, next: { table: 'cases', after: row.case } };
      }
    },
    *tokens(after: string) {
      for (const row of tokens.iterate(after) as Iterable<unknown> as Iterable<{ id: string }>) {
        const faults = told(() => checkToken(withoutPosition(readTokenRow(row, macs) as ListedToken)));
        yield { faults, next: { table: 'tokens', after: row.id } };
      }
    },
    *uploads(after: string) {
      if (after === '') yield { faults: told(checkActiveUpload), next: { table: 'uploads', after } };
      for (const row of uploads.iterate(after) as Iterable<unknown> as Iterable<{
        digest: string;
        bundle: Uint8Array;
      }>) {
        const isIntact = sha256(row.bundle) === row.digest;
        const faults = isIntact ? [] : [`the bytes of the uploaded bundle ${row.digest} were changed`];
        yield { faults, next: { table: 'uploads', after: row.digest } };
      }
    },
    *idempotency(after: string) {
      for (const row of idempotencyKeys.iterate(after) as Iterable<unknown> as Iterable<KeyRow & { mac: unknown }>) {
        yield { faults: told(() => checkKey(row)), next: { table: 'idempotency', after: row.key } };
      }
    },
  };

  /** A page of the file that cannot be read ends the slice, and the next slice continues after it. */
  function beyond({ table, after }: CheckPosition): CheckPosition | null {
    if (table !== 'records') return tableAfter(table);
    try {
      const { top } = newest.get() as { top: number | null };
      if (after + UNREADABLE_STEP < (top ?? 0)) return { table, after: after + UNREADABLE_STEP };
    } catch {
      // Nothing can be read.
    }
    return tableAfter(table);
  }

  function check(from: CheckPosition, isOver: () => boolean): CheckSlice {
    const slice: CheckSlice = { faults: [], next: from, rows: 0 };
    try {
      for (const { faults, next } of tables[from.table](from.after as never)) {
        slice.faults.push(...faults);
        slice.rows++;
        slice.next = next;
        if (isOver()) return slice;
      }
      slice.next = tableAfter(from.table);
    } catch (error) {
      const at = slice.next ?? from;
      slice.faults.push(
        `${at.table} after ${at.after === '' ? 'the beginning' : at.after}: ${(error as Error).message}`,
      );
      slice.next = beyond(at);
    }
    return slice;
  }

  return (from, limitMs) => {
    const endsAt = performance.now() + limitMs;
    db.exec('BEGIN'); // The compared data are of one moment.
    try {
      return check(from, () => performance.now() >= endsAt);
    } finally {
      db.exec('COMMIT');
    }
  };
}

interface Checked {
  faults: StoreFault[];
  next: CheckPosition;
}

/** A wrong row is a fault; the caller handles a page that cannot be read. */
function told(check: () => StoreFault[]): StoreFault[] {
  try {
    return check();
  } catch (error) {
    if (error instanceof AppError || error instanceof SyntaxError) return [error.message];
    throw error;
  }
}

function withoutPosition({ position: _, ...token }: ListedToken): StoredToken {
  return token;
}

/** The tables after `records`, in the order of the check. */
const TABLES_BY_TEXT = ['cases', 'idempotency', 'tokens', 'uploads'] as const;

function tableAfter(table: CheckPosition['table']): CheckPosition | null {
  const next = TABLES_BY_TEXT[table === 'records' ? 0 : TABLES_BY_TEXT.indexOf(table) + 1];
  return next === undefined ? null : { table: next, after: '' };
}

function isSame(a: unknown, b: unknown): boolean {
  return canonicalJson(a ?? null) === canonicalJson(b ?? null);
}
