import type { UploadDetails, UploadedBundle } from '../activation/uploaded-bundle.ts';
import type { Sha256 } from '../base/canonical-json.ts';

/**
 * Where uploaded bundles live. The bytes of every bundle that was ever uploaded stay, by their digest: records name it, and
 * replaying them needs it.
 */
export interface BundleStore {
  /**
   * Makes an uploaded bundle the one that replaces the configured bundle. Resolves when its bytes and the choice are durable,
   * both or none. Rejects with AppError `store_unavailable`; it may be stored nevertheless.
   */
  keepUpload(bundle: Uint8Array, details: UploadDetails): Promise<void>;
  /**
   * The bundle that replaces this configured one; null for none. Rejects with AppError `bundle_invalid` where its bytes or its
   * row are not what the store wrote.
   */
  findUpload(configured: Sha256): Promise<UploadedBundle | null>;
  /** Ends the replacement of the configured bundle by an uploaded one. Rejects with AppError `store_unavailable`. */
  forgetUpload(): Promise<void>;
  /** The bytes of a bundle that was uploaded once. Rejects with AppError `record_invalid` where they were changed. */
  uploadedBundle(digest: Sha256): Promise<Uint8Array | null>;
}
