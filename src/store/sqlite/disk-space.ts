import { statfsSync } from 'node:fs';
import { AppError } from '../../base/errors.ts';

/** The free space of the disk of a folder; none if the folder is gone. */
export interface DiskSpace {
  freeBytes(): number;
  /** Whether there is enough space for the records of some time. */
  isFine(): boolean;
}

const MIB = 2 ** 20;
/**
 * Two percent of the disk, but at least the bytes that a busy client writes in some seconds, and at most a reasonable
 * reserve.
 */
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

/** Error codes for no space: on the disk, in a quota, or under a limit on the size of files. */
const FULL_CODES = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);
const FULL_MESSAGE = /database or disk is full/;
/** SQLite says this where it has no room for its shared memory; then almost no space is left. */
const PERHAPS_FULL_MESSAGE = /disk I\/O error|unable to open database file/;
const NEXT_TO_NOTHING_BYTES = MIB;

/** Replaces an error that a full disk caused by AppError `store_unavailable` that says so; gives other errors as they are. */
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
      `The disk of the data folder ${dir} is full (${left}). Free some space and start again.`,
    );
  }
  return error;
}

/** Null where the folder does not exist or cannot be read. */
function look(dir: string): { free: number; total: number } | null {
  try {
    const { bsize, bavail, blocks } = statfsSync(dir);
    return { free: bavail * bsize, total: blocks * bsize };
  } catch {
    return null;
  }
}
