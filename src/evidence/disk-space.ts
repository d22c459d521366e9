import { statfsSync } from 'node:fs';

/** How much room a folder has left. */
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
  const look = () => {
    const { bsize, bavail, blocks } = statfsSync(dir);
    return { free: bavail * bsize, total: blocks * bsize };
  };
  return {
    freeBytes: () => look().free,
    isFine() {
      const { free, total } = look();
      return free >= Math.min(Math.max(total * SHARE, MIN_FREE_BYTES), MAX_FREE_BYTES);
    },
  };
}
