import { statfsSync } from 'node:fs';
import { AppError } from '../../base/errors.ts';

/** How much room a folder has left; none where it is gone. */
export interface DiskSpace {
  freeBytes(): number;
  /** Whether records can be kept for some time yet. */
  isFine(): boolean;
}

const MIB = 2 ** 20;
/** Two hundredths of a disk, but not less than a busy client writes in some seconds, and not so much that it is wasted. */
const SHARE = 0.02;
const MIN_FREE_BYTES = 64 * MIB;
const MAX_FREE_BYTES = 256 * MIB;

export function watchDiskSpace(dir: string): DiskSpace {
  return {
    freeBytes: () => look(dir)?.free ?? 0,
    isFine() {
      const room = look(dir);
      if (room === null) return false;
      const { free, total } = room;
      return free >= Math.min(Math.max(total * SHARE, MIN_FREE_BYTES), MAX_FREE_BYTES);
    },
  };
}

/** What systems and SQLite say where there is no room: of the disk, a quota, or a limit on the size of files. */
const FULL_CODES = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);
const FULL_MESSAGE = /database or disk is full/;
/** So it also ends where SQLite has no room for its shared memory; then there is next to nothing left. */
const PERHAPS_FULL_MESSAGE = /disk I\/O error|unable to open database file/;
const NEXT_TO_NOTHING_BYTES = MIB;

/** An error as it is, or, where it came of a full disk, AppError `store_unavailable` that says so in one line. */
export function asFullDisk(error: unknown, dir: string): unknown {
  const { free } = look(dir) ?? { free: Number.POSITIVE_INFINITY };
  for (let each = error as NodeJS.ErrnoException | undefined; each instanceof Error; each = each.cause as Error) {
    const isFull =
      FULL_CODES.has(each.code ?? '') ||
      FULL_MESSAGE.test(each.message) ||
      (free < NEXT_TO_NOTHING_BYTES && PERHAPS_FULL_MESSAGE.test(each.message));
    if (!isFull) continue;
    const left = `${Math.floor(free / 1024).toLocaleString('en')} KiB are left`;
    return new AppError(
      'store_unavailable',
      `The disk of the data folder ${dir} has no room (${left}): make some, and start again.`,
    );
  }
  return error;
}

/** Null where the folder is not there, or cannot be looked at. */
function look(dir: string): { free: number; total: number } | null {
  try {
    const { bsize, bavail, blocks } = statfsSync(dir);
    return { free: bavail * bsize, total: blocks * bsize };
  } catch {
    return null;
  }
}
