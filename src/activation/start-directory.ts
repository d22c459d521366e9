import { readBundle } from '../bundle/bundle.ts';
import { createDirectory, type Directory, readDirectoryData } from '../domain/directory.ts';
import { readStartBundle } from './start-bundle.ts';
import type { UploadedBundles } from './uploaded-bundle.ts';

/** The people of a bundle, and how a message names that bundle. */
export interface StartDirectory {
  bundle: string;
  directory: Directory;
}

/**
 * Reads who is who in the bundle that a service with this configured bundle and these uploads starts with. Writes nothing.
 * Rejects with AppError `bundle_invalid`.
 */
export async function readStartDirectory(
  source: string,
  uploads: Pick<UploadedBundles, 'find'>,
): Promise<StartDirectory> {
  const { bytes, origin, isUploaded } = await readStartBundle(source, uploads);
  const { data } = await readBundle(bytes);
  return {
    bundle: isUploaded ? 'the uploaded bundle' : origin.source,
    directory: createDirectory(readDirectoryData(data)),
  };
}
