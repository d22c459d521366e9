import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '../base/errors.ts';
import { requirePrivateFolder } from '../base/files/privacy.ts';
import { createPrivateFile } from '../base/files/private-file.ts';
import { anchorFileOf } from './sqlite/head-anchor.ts';
import { ownFolder } from './sqlite/ownership.ts';

export const DATABASE = 'countersign.db';
export const KEYS = 'keys';
export const TOKENS = 'tokens';
export const ADMIN_TOKEN = 'admin.token';

const HEAD = anchorFileOf(DATABASE);

/** SQLite makes these beside the database, with its permissions. */
const DATABASE_FILES = [DATABASE, `${DATABASE}-wal`, `${DATABASE}-shm`];

/** The data folder while this process owns it. */
export interface DataFolder {
  /** Tells once where the lock or the open database is removed or replaced. To be called when the database is open. */
  watch(onLost: (error: AppError) => void): void;
  release(): void;
}

/**
 * Makes or opens the data folder for this process alone, with an empty database and a folder of tokens where it is new.
 * Throws AppError `config_invalid` where it cannot be made, others can use it or the tokens are gone, and
 * `store_unavailable` where another process has it.
 */
export function openDataFolder(dataDir: string): DataFolder {
  makeFolder(dataDir);
  requirePrivateFolder(dataDir, [...DATABASE_FILES, HEAD, 'owner.lock', ADMIN_TOKEN, KEYS, TOKENS]);
  const ownership = ownFolder(dataDir);
  try {
    makeTokenFolder(dataDir);
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
    throw new AppError('config_invalid', `COUNTERSIGN_DATA_DIR ${dataDir} cannot be made a folder.`, { cause });
  }
}

/** Beside a database the folder was there before: a new one would shut everybody out without a word. */
function makeTokenFolder(dataDir: string): void {
  const folder = join(dataDir, TOKENS);
  if (existsSync(folder)) return;
  if (existsSync(join(dataDir, DATABASE))) {
    throw new AppError(
      'config_invalid',
      `The folder of tokens ${folder} is gone. Restore it from a backup, or make an empty one (mkdir -m 700) and new tokens; without ${ADMIN_TOKEN} the start makes that one anew.`,
    );
  }
  mkdirSync(folder, { mode: 0o700 });
}
