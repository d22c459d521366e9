import type { Sha256 } from '../base/canonical-json.ts';
import type { Uploader } from './activation-queue.ts';

/** An uploaded bundle that replaces the configured one. */
export interface UploadedBundle {
  bundle: Uint8Array;
  by: Uploader;
}

/** Who uploaded a bundle and when (UTC, milliseconds, Z), and the digest of the configured bundle that it replaces. */
export interface UploadDetails {
  by: Uploader;
  at: string;
  configured: Sha256;
}

/**
 * Keeps the bundle that was uploaded last, so that it is active again after a restart. It replaces the one configured bundle
 * that it was uploaded over: another configured bundle is newer than the upload.
 */
export interface UploadedBundles {
  /** Resolves when it is durable. Rejects with AppError `store_unavailable`; it may be stored nevertheless. */
  keep(bundle: Uint8Array, details: UploadDetails): Promise<void>;
  /** Null where no bundle was uploaded over this configured one. Rejects with AppError `bundle_invalid` for a damaged one. */
  find(configured: Sha256): Promise<UploadedBundle | null>;
  /** The configured bundle is active again from the next start on. Rejects with AppError `store_unavailable`. */
  forget(): Promise<void>;
}
