import { type BigIntStats, statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { AppError } from '../../base/errors.ts';
import { createPrivateFile } from '../../base/files/private-file.ts';

const LOCK_FILE = 'owner.lock';
const LOOK_INTERVAL_MS = 1000;

export interface Ownership {
  /**
   * Checks once a second whether these files and the lock are still those that are open here, and reports once if one was
   * removed or replaced: later writes to it are lost, and another process can start.
   */
  watch(files: readonly string[], onLost: (error: AppError) => void): void;
  release(): void;
}

const SQLITE_BUSY = 5;

/** Another process has the data folder. */
export class FolderInUse extends AppError {
  constructor(dir: string) {
    const advice = 'Stop that process, or set COUNTERSIGN_DATA_DIR to another folder.';
    super('store_unavailable', `Another process uses the data folder ${dir}. ${advice}`);
  }
}

/**
 * Makes this process the only one on a data folder, for as long as it lives: an exclusive lock on a small SQLite file, which
 * the operating system gives back however the process ends. Throws AppError FolderInUse where another has it.
 *
 * A removed lock has no effect. It is therefore only a courtesy, which refuses a second start; the effective guard is in the
 * database, see prepareOwner.
 */
export function ownFolder(dir: string): Ownership {
  const lock = join(dir, LOCK_FILE);
  createPrivateFile(lock);
  const db = new DatabaseSync(lock);
  try {
    db.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
  } catch (cause) {
    db.close();
    if ((cause as { errcode?: number }).errcode === SQLITE_BUSY) throw new FolderInUse(dir);
    throw new AppError('store_unavailable', `The data folder ${dir} cannot be locked.`, { cause });
  }
  let timer: NodeJS.Timeout | undefined;
  return {
    watch(files, onLost) {
      const held = [lock, ...files].map((file) => ({ file, identity: identityOf(file) }));
      timer = setInterval(() => {
        const lost = held.find(({ file, identity }) => hasChanged(file, identity));
        if (lost === undefined) return;
        clearInterval(timer);
        const message = `${lost.file} was removed or replaced while the service used it. The service stores nothing more; start it again.`;
        onLost(new AppError('store_unavailable', message));
      }, LOOK_INTERVAL_MS).unref();
    },
    release() {
      clearInterval(timer);
      db.close();
    },
  };
}

function identityOf(file: string): string | null {
  const stat: BigIntStats | undefined = statSync(file, { bigint: true, throwIfNoEntry: false });
  return stat === undefined ? null : `${stat.dev}:${stat.ino}`;
}

/** False if it cannot be determined now (no permission, a network folder that fails): the open files stay usable. */
function hasChanged(file: string, identity: string | null): boolean {
  try {
    return identityOf(file) !== identity;
  } catch {
    return false;
  }
}

/** Another process claimed the database. */
export class LostOwnership extends Error {
  override readonly name = 'LostOwnership';
}

/**
 * Fencing: the newest process to claim a database writes its name into it, and each group of commits looks for it in its own
 * transaction. So of two processes that both consider themselves the owner only one can store anything, whatever happened to
 * the lock.
 */
export function prepareOwner(db: DatabaseSync, owner: string): { claim(): void; requireOwner(): void } {
  const write = db.prepare(
    'INSERT INTO owner (id, process) VALUES (1, ?) ON CONFLICT DO UPDATE SET process = excluded.process',
  );
  const read = db.prepare('SELECT process FROM owner');
  return {
    claim: () => void write.run(owner),
    /** To be called within a transaction. Throws LostOwnership. */
    requireOwner() {
      const found = read.get() as { process: string } | undefined;
      if (found?.process !== owner) throw new LostOwnership('Another process took over the database.');
    },
  };
}
