import type { DatabaseSync } from 'node:sqlite';
import { AppError } from '../../base/errors.ts';
import type { OutboxEntry, OutboxPlace, OutboxRow } from '../store.ts';
import type { RowMacs } from './row-mac.ts';

/** Writes events of a record, within a transaction of the caller. */
export function prepareOutboxRows(
  db: DatabaseSync,
  macs: RowMacs,
): { insert(position: number, events: readonly OutboxEntry[]): void } {
  const insert = db.prepare(
    'INSERT INTO outbox (position, ordinal, type, payload, mac) VALUES (:position, :ordinal, :type, :payload, :mac)',
  );
  return {
    insert(position, events) {
      for (const [ordinal, { type, payload }] of events.entries()) {
        const row = { position, ordinal, type, payload };
        insert.run({ ...row, mac: macs.ofOutbox(row) });
      }
    },
  };
}

/** See Store.outbox. Throws AppError `record_invalid` for a row that the store did not write. */
export function prepareOutboxReader(
  db: DatabaseSync,
  macs: RowMacs,
): (after: OutboxPlace, limit: number) => OutboxRow[] {
  const page = db.prepare(`SELECT position, ordinal, type, payload, mac FROM outbox
    WHERE (position, ordinal) > (?, ?) ORDER BY position, ordinal LIMIT ?`);
  return (after, limit) =>
    page.all(after.position, after.ordinal, limit).map((found) => {
      const { mac, ...row } = found as unknown as OutboxRow & { mac: unknown };
      if (macs.isOfOutbox(row, mac)) return row;
      throw new AppError(
        'record_invalid',
        `The outbox entry ${row.ordinal} of position ${row.position} was not written by this service.`,
      );
    });
}
