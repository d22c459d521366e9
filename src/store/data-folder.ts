import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '../base/errors.ts';
import { requirePrivateFolder } from '../base/files/privacy.ts';
import { createPrivateFile, writePrivateFile } from '../base/files/private-file.ts';
import { anchorFileOf } from './sqlite/head-anchor.ts';
import { ownFolder } from './sqlite/ownership.ts';

export const DATABASE = 'countersign.db';
export const KEYS = 'keys';
export const ADMIN_TOKEN = 'admin.token';
/** The address of the service of this folder, while it runs. */
const SERVICE_URL = 'service.url';

const HEAD = anchorFileOf(DATABASE);

/** SQLite makes these beside the database, with its permissions. */
const DATABASE_FILES = [DATABASE, `${DATABASE}-wal`, `${DATABASE}-shm`];

/** The data folder while this process owns it. */
export interface DataFolder {
  /** Reports once if the lock or the open database is removed or replaced. To be called when the database is open. */
  watch(onLost: (error: AppError) => void): void;
  release(): void;
}

/**
 * Makes or opens the data folder for this process alone, with an empty database where it is new.
 * Throws AppError `config_invalid` where it cannot be made, or others can use it, and
 * `store_unavailable` where another process has it.
 */
export function openDataFolder(dataDir: string): DataFolder {
  makeFolder(dataDir);
  requirePrivateFolder(dataDir, [...DATABASE_FILES, HEAD, 'owner.lock', ADMIN_TOKEN, SERVICE_URL, KEYS]);
  const ownership = ownFolder(dataDir);
  try {
    createPrivateFile(join(dataDir, DATABASE));
  } catch (error) {
    ownership.release();
    throw error;
  }
  const files = DATABASE_FILES.map((name) => join(dataDir, name));
  return { watch: (onLost) => ownership.watch(files, onLost), release: ownership.release };
}

function makeFolder(dataDir: string): void {
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw new AppError('config_invalid', `COUNTERSIGN_DATA_DIR ${dataDir} cannot be created.`, { cause });
  }
}

/** Writes the address of the service for commands on this machine. */
export function writeServiceUrl(dataDir: string, url: string): void {
  writePrivateFile(join(dataDir, SERVICE_URL), `${url}\n`);
}

/** The address that the service wrote last, which a crash leaves behind; null if there is none. */
export function readServiceUrl(dataDir: string): string | null {
  try {
    return readFileSync(join(dataDir, SERVICE_URL), 'utf8').trim();
  } catch {
    return null;
  }
}

export function removeServiceUrl(dataDir: string): void {
  rmSync(join(dataDir, SERVICE_URL), { force: true });
}
