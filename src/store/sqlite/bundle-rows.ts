import { DatabaseSync } from 'node:sqlite';
import type { UploadDetails, UploadedBundle } from '../../activation/uploaded-bundle.ts';
import { type Sha256, sha256 } from '../../base/canonical-json.ts';
import { AppError } from '../../base/errors.ts';
import { createRowMacs, type RowMacs, type UploadRow } from './row-mac.ts';
import { requireKnownVersion } from './schema.ts';

/** Writes uploaded bundles, within a transaction of the caller. */
export interface BundleRows {
  /** Bytes that were kept before and are damaged are replaced. */
  keep(bundle: Uint8Array, details: UploadDetails): void;
  forget(): void;
}

export function prepareBundleRows(db: DatabaseSync, macs: RowMacs): BundleRows {
  const insertBytes = db.prepare(`INSERT INTO uploaded_bundles (digest, bundle) VALUES (?, ?)
    ON CONFLICT DO UPDATE SET bundle = excluded.bundle`);
  const choose = db.prepare(`
    INSERT INTO active_upload (id, digest, configured, client, principal, at, mac)
      VALUES (1, :digest, :configured, :client, :principal, :at, :mac)
    ON CONFLICT DO UPDATE SET digest = excluded.digest, configured = excluded.configured, client = excluded.client,
      principal = excluded.principal, at = excluded.at, mac = excluded.mac`);
  const remove = db.prepare('DELETE FROM active_upload');
  return {
    keep(bundle, { by, at, configured }) {
      const digest = sha256(bundle);
      const row: UploadRow = { digest, configured, client: by.client, principal: by.principal, at };
      insertBytes.run(digest, bundle);
      choose.run({ ...row, mac: macs.ofUpload(row) });
    },
    forget: () => void remove.run(),
  };
}

/** Reads uploaded bundles; see BundleStore. */
export interface BundleReader {
  /** Throws AppError `bundle_invalid`. */
  find(configured: Sha256): UploadedBundle | null;
  /** Throws AppError `record_invalid`. */
  bytes(digest: Sha256): Uint8Array | null;
}

export function prepareBundleReader(db: DatabaseSync, macs: RowMacs): BundleReader {
  const bytesOf = db.prepare('SELECT bundle FROM uploaded_bundles WHERE digest = ?');
  const active = db.prepare(ACTIVE_UPLOAD);

  function bytes(digest: Sha256): Uint8Array | null {
    const row = bytesOf.get(digest) as { bundle: Uint8Array } | undefined;
    if (row === undefined || sha256(row.bundle) === digest) return row?.bundle ?? null;
    throw new AppError('record_invalid', `The bytes of the uploaded bundle ${digest} were changed.`);
  }

  return {
    bytes,
    find(configured) {
      try {
        const row = readUploadRow(active.get(), macs);
        if (row === null || row.configured !== configured) return null;
        const bundle = bytes(row.digest);
        if (bundle === null) throw new Error(`The bytes of the uploaded bundle ${row.digest} are missing.`);
        return { bundle, by: { client: row.client, principal: row.principal } };
      } catch (cause) {
        const why = (cause as Error).message;
        const advice = 'Activate the configured bundle instead with `countersign store discard-upload`.';
        throw new AppError('bundle_invalid', `The uploaded bundle cannot be used. ${why} ${advice}`, { cause });
      }
    },
  };
}

/** To be read with readUploadRow. */
export const ACTIVE_UPLOAD = 'SELECT digest, configured, client, principal, at, mac FROM active_upload';

/** Null for no row. Throws AppError `record_invalid` where the store did not write it. */
export function readUploadRow(found: unknown, macs: RowMacs): UploadRow | null {
  if (found === undefined) return null;
  const { mac, ...row } = found as UploadRow & { mac: unknown };
  if (macs.isOfUpload(row, mac)) return row;
  throw new AppError(
    'record_invalid',
    'The row of the uploaded bundle in the database was not written by this service.',
  );
}

/**
 * Finds the uploaded bundle in a database that a service may be using. Writes nothing. A database that is not there yet holds
 * none. Throws AppError `bundle_invalid`, and `store_unavailable` where the database cannot be read.
 */
export function findUploadIn(file: string, rowSecret: Uint8Array, configured: Sha256): UploadedBundle | null {
  let db: DatabaseSync | null = null;
  try {
    db = new DatabaseSync(file, { readOnly: true });
    if (requireKnownVersion(db) === 0) return null;
    return prepareBundleReader(db, createRowMacs(rowSecret)).find(configured);
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    throw new AppError('store_unavailable', `The database ${file} cannot be read.`, { cause });
  } finally {
    db?.close();
  }
}
