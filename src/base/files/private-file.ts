import { closeSync, openSync, readFileSync } from 'node:fs';
import { AppError } from '../errors.ts';
import { writeDurableFile } from './durable-file.ts';
import { lackOfPrivacy } from './privacy.ts';

/** Read and write for the owner, nothing for others. */
const PRIVATE = 0o600;

/** Writes a file that only its owner may read, durably and in one step (see writeDurableFile). */
export function writePrivateFile(file: string, content: string | Uint8Array, { ifAbsent = false } = {}): void {
  writeDurableFile(file, content, { mode: PRIVATE, ifAbsent });
}

/** Makes an empty file that only its owner may use. Does not change an existing file. */
export function createPrivateFile(file: string): void {
  closeSync(openSync(file, 'a', PRIVATE));
}

/** Reads a secret. Throws AppError `key_invalid` where others could use the file too (see lackOfPrivacy). */
export function readPrivateFile(file: string): string {
  const command = lackOfPrivacy(file);
  if (command !== null) {
    throw new AppError('key_invalid', `${file} can be used by others; it must be private to its owner: ${command}`);
  }
  return readFileSync(file, 'utf8');
}
