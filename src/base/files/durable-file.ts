import { randomUUID } from 'node:crypto';
import { closeSync, fsyncSync, linkSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

export interface DurableFileOptions {
  /** Permissions of the file, reduced by the umask of the process. */
  mode: number;
  /** Keep an existing file; the default is to replace it. */
  ifAbsent?: boolean;
}

/**
 * Writes a file in one step. A reader, even after a crash, finds either the old or the new content, never a part: the content
 * goes to a temporary file beside it, which is synced and then renamed (or linked, with `ifAbsent`). The file is durable when
 * this returns. The folder must exist. Throws the error of the file system; the file may already be replaced then if only the
 * sync of the folder failed.
 */
export function writeDurableFile(
  file: string,
  content: string | Uint8Array,
  { mode, ifAbsent = false }: DurableFileOptions,
): void {
  const temporary = `${file}.${randomUUID()}.tmp`;
  try {
    writeSynced(temporary, content, mode);
    if (ifAbsent) linkSync(temporary, file);
    else renameSync(temporary, file);
  } catch (error) {
    if (!(ifAbsent && (error as NodeJS.ErrnoException).code === 'EEXIST')) throw error;
  } finally {
    rmSync(temporary, { force: true });
  }
  syncFolder(dirname(file));
}

function writeSynced(file: string, content: string | Uint8Array, mode: number): void {
  const handle = openSync(file, 'wx', mode);
  try {
    writeFileSync(handle, content);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

function syncFolder(dir: string): void {
  if (process.platform === 'win32') return; // Windows cannot open a folder to sync it.
  const handle = openSync(dir, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
