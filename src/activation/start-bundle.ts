import { type Sha256, sha256 } from '../base/canonical-json.ts';
import { AppError } from '../base/errors.ts';
import { describeSource, readBundleSource } from '../bundle/source.ts';
import type { Origin } from './activation-queue.ts';
import type { UploadedBundles } from './uploaded-bundle.ts';

/** The bundle that a service starts with. */
export interface StartBundle {
  bytes: Uint8Array;
  origin: Origin;
  isUploaded: boolean;
  /** Digest of the bytes of the configured bundle, whether or not an uploaded bundle replaces it. */
  configuredDigest: Sha256;
}

/**
 * Reads the bundle that a service starts with: the configured one (a file or an http(s) URL), or the one that was uploaded
 * to replace it. Changes nothing. Rejects with AppError `bundle_invalid`, also where the uploaded bundle is damaged.
 */
export async function readStartBundle(source: string, uploads: Pick<UploadedBundles, 'find'>): Promise<StartBundle> {
  const configured = await readBundleSource(source).catch((error) => {
    throw unusableSource(source, error);
  });
  const configuredDigest = sha256(configured);
  const uploaded = await uploads.find(configuredDigest);
  return uploaded === null
    ? { bytes: configured, origin: { source: describeSource(source), by: null }, isUploaded: false, configuredDigest }
    : { bytes: uploaded.bundle, origin: { source: 'upload', by: uploaded.by }, isUploaded: true, configuredDigest };
}

/** An AppError `bundle_invalid` that names the source and the setting to change: whoever starts a service needs both. */
export function unusableSource(source: string, cause: Error): AppError {
  const advice = cause.message.includes('COUNTERSIGN_BUNDLE')
    ? ''
    : ' Set COUNTERSIGN_BUNDLE to a bundle that `countersign policy build` wrote.';
  return new AppError('bundle_invalid', `${describeSource(source)}: ${cause.message}${advice}`, { cause });
}
