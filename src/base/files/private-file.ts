import { randomUUID } from 'node:crypto';
import { closeSync, fsyncSync, linkSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { AppError } from './errors.ts';
import { lackOfPrivacy } from './privacy.ts';

/**
 * Writes a file that only its owner may read, durably and whole: temporary file, fsync, then a rename (or, with
 * `ifAbsent`, a link that leaves an existing file alone). A crash leaves the old file or the new one, never a part.
 */
export function writePrivateFile(file: string, content: string | Uint8Array, { ifAbsent = false } = {}): void {
  const temporary = `${file}.${randomUUID()}.tmp`;
  try {
    writeDurably(temporary, content);
    if (ifAbsent) linkSync(temporary, file);
    else renameSync(temporary, file);
  } catch (error) {
    if (!(ifAbsent && (error as NodeJS.ErrnoException).code === 'EEXIST')) throw error;
  } finally {
    rmSync(temporary, { force: true });
  }
  syncFolder(dirname(file));
}

function writeDurably(file: string, content: string | Uint8Array): void {
  const handle = openSync(file, 'wx', 0o600);
  try {
    writeFileSync(handle, content);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** Makes an empty file that only its owner may use, and leaves one that exists alone. */
export function createPrivateFile(file: string): void {
  closeSync(openSync(file, 'a', 0o600));
}

/** Reads a secret. Throws AppError `key_invalid` where others could use it too, see lackOfPrivacy. */
export function readPrivateFile(file: string): string {
  const command = lackOfPrivacy(file);
  if (command !== null) {
    throw new AppError('key_invalid', `${file} can be used by others; it must be private to its owner: ${command}`);
  }
  return readFileSync(file, 'utf8');
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
