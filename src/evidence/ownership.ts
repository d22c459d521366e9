import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { AppError } from '../domain/errors.ts';

const SQLITE_BUSY = 5;

/**
 * Makes this process the only one on a data folder, for as long as it lives: an exclusive lock on a small SQLite file,
 * which the operating system gives back however the process ends. Throws AppError `store_unavailable` where another has it.
 */
export function ownFolder(dir: string): { release(): void } {
  const db = new DatabaseSync(join(dir, 'owner.lock'));
  try {
    db.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
  } catch (cause) {
    db.close();
    const isTaken = (cause as { errcode?: number }).errcode === SQLITE_BUSY;
    const why = isTaken ? `Another process uses the data folder ${dir}.` : `The data folder ${dir} cannot be locked.`;
    throw new AppError('store_unavailable', why, { cause });
  }
  return { release: () => db.close() };
}
