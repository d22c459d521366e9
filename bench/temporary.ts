import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Hands over a new folder, and removes it afterwards. It lies where TMPDIR says: on a file system in memory, a commit would
 * wait for no disk, and the figures would flatter.
 */
export async function withTemporaryDir<T>(act: (dir: string) => Promise<T>): Promise<T> {
  const dir = mkdtempSync(join(tmpdir(), 'countersign-bench-'));
  try {
    return await act(dir);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
