import { existsSync } from 'node:fs';
import { sha256 } from '../base/canonical-json.ts';
import { readBundle } from '../bundle/bundle.ts';
import { describeSource, readBundleSource } from '../bundle/source.ts';
import { createDirectory, type Directory, readDirectoryData } from '../domain/directory.ts';
import { openUploadedBundles } from './uploaded-bundle.ts';

/** The people of a bundle, and how the bundle is called in a message. */
export interface ConfiguredDirectory {
  bundle: string;
  directory: Directory;
}

/**
 * Reads who is who in the bundle that a service with this configured bundle and this folder of uploads starts with: the
 * uploaded one where it stands in for the configured one. Works beside a running service, and writes nothing. Throws
 * AppError `bundle_invalid`.
 */
export async function readConfiguredDirectory(source: string, uploadsDir: string): Promise<ConfiguredDirectory> {
  const configured = await readBundleSource(source);
  const uploaded = existsSync(uploadsDir) ? openUploadedBundles(uploadsDir).find(sha256(configured)) : null;
  const { data } = await readBundle(uploaded?.bundle ?? configured);
  return {
    bundle: uploaded === null ? describeSource(source) : 'the uploaded bundle',
    directory: createDirectory(readDirectoryData(data)),
  };
}
