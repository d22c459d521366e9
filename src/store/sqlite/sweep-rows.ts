import type { DatabaseSync } from 'node:sqlite';
import type { Sha256 } from '../../base/canonical-json.ts';
import { AppError } from '../../base/errors.ts';
import type { SweepProgress } from '../sweep-store.ts';
import type { RowMacs } from './row-mac.ts';

/** Writes the progress of a sweep, within a transaction of the caller. */
export function prepareSweepRows(db: DatabaseSync, macs: RowMacs): { keep(progress: SweepProgress): void } {
  const write = db.prepare(`
    INSERT INTO sweeps (policy, started_at, finished_at, examined, changed, failed, mac)
      VALUES (:policy, :started_at, :finished_at, :examined, :changed, :failed, :mac)
    ON CONFLICT DO UPDATE SET started_at = excluded.started_at, finished_at = excluded.finished_at,
      examined = excluded.examined, changed = excluded.changed, failed = excluded.failed, mac = excluded.mac`);
  return { keep: (progress) => void write.run({ ...progress, mac: macs.ofSweep(progress) }) };
}

/** See SweepStore.sweep. Throws AppError `record_invalid`. */
export function prepareSweepReader(db: DatabaseSync, macs: RowMacs): (policy: Sha256) => SweepProgress | null {
  const read = db.prepare(
    'SELECT policy, started_at, finished_at, examined, changed, failed, mac FROM sweeps WHERE policy = ?',
  );
  return (policy) => {
    const found = read.get(policy) as (SweepProgress & { mac: unknown }) | undefined;
    if (found === undefined) return null;
    const { mac, ...progress } = found;
    if (macs.isOfSweep(progress, mac)) return progress;
    throw new AppError('record_invalid', `The row of the sweep by policy ${policy} was not written by this service.`);
  };
}
