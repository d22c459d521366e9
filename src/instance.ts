import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { v7 as uuidv7 } from 'uuid';
import { type AccessTokens, createAccessTokens } from './auth/access-tokens.ts';
import { version } from './base/installation.ts';
import { kidOf } from './base/jws.ts';
import { createTrustedClock, type MachineClocks, type TrustedClock } from './base/trusted-clock.ts';
import type { Config } from './config.ts';
import { type Keyring, openKeyring, openRowSecret, readRowSecret } from './evidence/keys.ts';
import { DATABASE, KEYS, openDataFolder } from './store/data-folder.ts';
import { observeStore } from './store/observed-store.ts';
import { inspectDatabase } from './store/sqlite/inspect-database.ts';
import { openSqliteStore } from './store/sqlite/store.ts';
import type { Store } from './store/store.ts';
import { verifyStored } from './store/stored-record.ts';

/** A data folder that this process alone works on: its clock, its keys, its store and its tokens. */
export interface Instance {
  clock: TrustedClock;
  keyring: Keyring;
  rowSecret: Uint8Array;
  store: Store;
  tokens: AccessTokens;
  /** Lets another process have the data folder. */
  close(): Promise<void>;
}

export interface InstanceOptions {
  dataDir: string;
  settings: Pick<Config, 'issuer' | 'signingAlg'>;
  clocks: MachineClocks;
  /** See TrustedClockParts. */
  acceptedDate: string | null;
  onClockChange: (doubt: string | null) => void;
  /** Told once where the store can keep nothing more; only a new start helps. */
  onFailure: (error: Error) => void;
  /** Told of rows of the store that it did not write, and of damage. */
  onDamage: (fault: string) => void;
  /** Told of each record of a token that is signed. */
  onSigned?: () => void;
  /** Told of each record that is read. */
  onRecordRead?: () => void;
}

/**
 * Opens a data folder for this process alone; a new one gets its keys and an empty store. Rejects with AppError FolderInUse
 * where another process has it, and `config_invalid`, `key_invalid`, `clock_untrusted`, `store_unavailable` or
 * `record_invalid` for whatever else keeps it from being used.
 */
export async function openInstance(options: InstanceOptions): Promise<Instance> {
  const { dataDir, settings, clocks, acceptedDate, onClockChange, onFailure, onDamage } = options;
  await using opened = new AsyncDisposableStack(); // Threads and locks that must not outlive a failed start.
  const folder = openDataFolder(dataDir);
  opened.defer(folder.release);
  const [databaseFile, keysDir] = [join(dataDir, DATABASE), join(dataDir, KEYS)];
  const { newest, signingKeys } = inspectDatabase(databaseFile);
  const clock = createTrustedClock({
    clocks,
    newestKept: newest?.at ?? null,
    acceptedDate,
    onChange: onClockChange,
  });
  // The last record says its key itself: the list of keys in the database is not signed.
  const newestKey = newest === null ? [] : [kidOf(newest.jws)].filter((kid) => kid !== null);
  const needed = [...new Set([...signingKeys, ...newestKey])];
  const keyring = openKeyring(keysDir, settings.signingAlg, clock.now, needed);
  // A new one would not verify what is there, and stand in the way of the right one.
  const rowSecret = (newest === null ? openRowSecret : readRowSecret)(keysDir);
  const keys = keyring.verificationKeys;
  const database = await openSqliteStore(databaseFile, { rowSecret, keys, onFailure, onDamage });
  opened.defer(database.close);
  folder.watch(onFailure);
  // The clock begins with the instant of its row, which has to be the one that was signed.
  if (newest !== null) verifyStored(newest, keys);
  const store = observeStore(database, {
    // No instant before a committed one is given again, and keys age by it.
    onCommitted: clock.kept,
    onRecordRead: options.onRecordRead ?? (() => {}),
  });
  const tokens = createAccessTokens({
    store,
    keys,
    key: keyring.active,
    issuer: { issuer: settings.issuer, version },
    newId: uuidv7,
    clock: clock.now,
    expiryClock: clock.estimate,
    ...(options.onSigned && { onSigned: options.onSigned }),
  });
  const resources = opened.move();
  return { clock, keyring, rowSecret, store, tokens, close: () => resources.disposeAsync() };
}

/** Whether the service was started on this data folder before. */
export function isInstance(dataDir: string): boolean {
  return existsSync(join(dataDir, DATABASE)) && existsSync(join(dataDir, KEYS));
}
