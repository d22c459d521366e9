import { existsSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { AppError } from '../../base/errors.ts';
import { recordDigest } from '../../domain/record.ts';
import { anchorFileOf, EMPTY_LOG, type Head, openFileAnchor } from './head-anchor.ts';
import { requireKnownVersion } from './schema.ts';

/** The log as the database has it. */
interface Log {
  newest: Head;
  /** The digest of the record at a position, computed from its bytes; null where there is none. */
  digestAt(position: number): string | null;
}

/**
 * Rejects with AppError `store_unavailable` if the database lacks records that callers received, and names them. The database
 * is opened read-only: a write-ahead log (`-wal`) that SQLite cannot read to its end stays as it is, so that its content can
 * be rescued.
 */
export async function refuseLostRecords(file: string, rowSecret: Uint8Array): Promise<void> {
  const anchored = await openFileAnchor(anchorFileOf(file), rowSecret).read();
  const loss = withLog(file, (log) => describeLoss(log, anchored, anchorFileOf(file)));
  if (loss !== null) {
    throw new AppError(
      'store_unavailable',
      `${loss} Keep a copy of the data folder as it is, then restore a backup, or accept the loss with \`countersign store accept-loss\`.`,
    );
  }
}

/**
 * Describes which records that callers received are missing from the database; null for none. `anchored` is null where there
 * is no anchor.
 */
export function describeLoss({ newest, digestAt }: Log, anchored: Head | null, anchorFile: string): string | null {
  if (anchored === null) {
    if (newest.position === EMPTY_LOG.position) return null;
    return `${anchorFile} is missing. Without it the service cannot tell whether the database lacks records beyond the ${newest.position + 1} that it contains.`;
  }
  if (newest.position < anchored.position) {
    const [first, last] = [newest.position + 1, anchored.position];
    const missing = first === last ? `position ${last} is` : `positions ${first} to ${last} are`;
    return `The database lacks records that callers received: ${missing} missing.`;
  }
  if (anchored.position !== EMPTY_LOG.position && digestAt(anchored.position) !== anchored.digest) {
    return `The database has a different record at position ${anchored.position} than the one that the caller received.`;
  }
  return null;
}

/** Reads a log and writes nothing. A file that does not exist is an empty log. Throws AppError `store_unavailable`. */
export function withLog<T>(file: string, act: (log: Log) => T): T {
  if (!existsSync(file)) return act(NO_LOG);
  let db: DatabaseSync | null = null;
  try {
    db = new DatabaseSync(file, { readOnly: true });
    return act(requireKnownVersion(db) === 0 ? NO_LOG : logOf(db));
  } catch (cause) {
    throw new AppError('store_unavailable', `The database ${file} cannot be opened.`, { cause });
  } finally {
    db?.close();
  }
}

const NO_LOG: Log = { newest: EMPTY_LOG, digestAt: () => null };

export function logOf(db: DatabaseSync): Log {
  const newest = db.prepare('SELECT position, digest FROM records ORDER BY position DESC LIMIT 1');
  const at = db.prepare('SELECT jws FROM records WHERE position = ?');
  return {
    newest: (newest.get() as Head | undefined) ?? EMPTY_LOG,
    digestAt(position) {
      const row = at.get(position) as { jws: string } | undefined;
      return row === undefined ? null : recordDigest(row.jws);
    },
  };
}
