import { createHmac, timingSafeEqual } from 'node:crypto';
import { closeSync, existsSync, fdatasync, fstatSync, openSync, readFileSync, statSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { AppError } from '../../base/errors.ts';
import { writePrivateFile } from '../../base/files/private-file.ts';
import { deriveKey } from './row-mac.ts';

/** The end of the log: the newest record, by its place and its digest; EMPTY_LOG where there is none. */
export interface Head {
  position: number;
  digest: string;
}

export const EMPTY_LOG: Head = { position: -1, digest: '-' };

/**
 * A second copy of the end of the log, outside of the database. A start accepts a database that is at the anchor or ahead of
 * it, never behind. The anchor is written after records are durable and before they are answered: it is never ahead of the
 * database, and a crash leaves it behind by unanswered records at most.
 */
export interface HeadAnchor {
  /** Null if nothing was ever written. Rejects with AppError `store_unavailable` where the anchor does not verify. */
  read(): Promise<Head | null>;
  write(head: Head): void | Promise<void>;
  close(): void;
}

/** The anchor file of a database, in the same folder. */
export function anchorFileOf(databaseFile: string): string {
  return `${databaseFile.replace(/\.db$/, '')}.head`;
}

/** Heads are written alternately to two slots, each in a page of its own: a torn write leaves the other one intact. */
const SLOT_BYTES = 256;
const SLOT_OFFSETS = [0, 4096] as const;
const FORMAT = /^countersign-head\/1 (\d+) (-1|\d+) (\S+) ([0-9a-f]{32}) *\n$/;

/** How much older the anchor may be after a power failure. A crash of the process loses nothing that was written. */
const SYNC_INTERVAL_MS = 1000;

interface Slot {
  generation: number;
  head: Head;
}

/** The anchor as a file with a MAC: without the row secret an attacker cannot write a head, only restore an older file. */
export function openFileAnchor(file: string, rowSecret: Uint8Array): HeadAnchor {
  const key = deriveKey(rowSecret, 'head');
  let generation = 0;
  let handle: number | null = null;
  let last: Head | null = null;
  let syncing: NodeJS.Timeout | null = null;

  function textOf({ generation, head }: Slot): string {
    const said = `countersign-head/1 ${generation} ${head.position} ${head.digest}`;
    return `${`${said} ${macOf(said)}`.padEnd(SLOT_BYTES - 1)}\n`;
  }

  function macOf(said: string): string {
    return createHmac('sha256', key).update(said).digest('hex').slice(0, 32);
  }

  function parseSlot(text: string): Slot | null {
    const [, generation = '', position = '', digest = '', mac = ''] = FORMAT.exec(text) ?? [];
    const said = `countersign-head/1 ${generation} ${position} ${digest}`;
    if (mac === '' || !timingSafeEqual(Buffer.from(mac), Buffer.from(macOf(said)))) return null;
    return { generation: Number(generation), head: { position: Number(position), digest } };
  }

  function readSlots(): Slot[] | null {
    const content = readIfThere(file);
    if (content === null) return null;
    return SLOT_OFFSETS.flatMap((offset) => parseSlot(content.toString('latin1', offset, offset + SLOT_BYTES)) ?? []);
  }

  /** The whole file, durably: with a second slot that holds the same. */
  function create(head: Head): void {
    const content = Buffer.alloc(SLOT_OFFSETS[1] + SLOT_BYTES, ' ');
    for (const offset of SLOT_OFFSETS) content.write(textOf({ generation, head }), offset, 'latin1');
    writePrivateFile(file, content);
  }

  /** Writes to a file that was removed or replaced reach no folder any more, and the next start would not see them. */
  function isInPlace(opened: number): boolean {
    try {
      const [there, ours] = [statSync(file, { throwIfNoEntry: false }), fstatSync(opened)];
      return there?.ino === ours.ino && there.dev === ours.dev;
    } catch {
      return true; // The folder cannot be read now; the open file can still be written.
    }
  }

  function syncSoon(opened: number): void {
    syncing ??= setTimeout(() => {
      syncing = null;
      if (handle === opened) fdatasync(opened, () => {}); // A failure loses nothing: the database is synced, and a later sync may succeed.
    }, SYNC_INTERVAL_MS).unref();
  }

  return {
    async read() {
      const slots = readSlots();
      if (slots === null) return null;
      const newest = slots.sort((a, b) => b.generation - a.generation)[0];
      if (newest === undefined) {
        throw new AppError(
          'store_unavailable',
          `${file} is damaged, or keys/rows.secret is not the secret that it was written with.`,
        );
      }
      generation = newest.generation;
      return newest.head;
    },
    write(head) {
      generation++;
      last = head;
      if (handle === null || !isInPlace(handle)) {
        create(head);
        if (handle !== null) closeSync(handle);
        handle = openSync(file, 'r+');
        return;
      }
      writeSync(handle, textOf({ generation, head }), SLOT_OFFSETS[generation % 2], 'latin1');
      syncSoon(handle);
    },
    close() {
      if (syncing !== null) clearTimeout(syncing);
      if (handle === null) return;
      closeSync(handle);
      handle = null;
      // A process that took over the database has created its own file; a folder that is gone needs none.
      if (last !== null && !existsSync(file) && existsSync(dirname(file))) create(last);
    },
  };
}

function readIfThere(file: string): Buffer | null {
  try {
    return readFileSync(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
