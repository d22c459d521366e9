import { AppError } from '../base/errors.ts';
import {
  type ActivationQueue,
  type ActivationStatus,
  openActivationQueue,
  type QueueParts,
  type Uploader,
} from './activation-queue.ts';
import { createConfiguredBundle } from './configured-bundle.ts';
import { readStartBundle, unusableSource } from './start-bundle.ts';
import type { UploadedBundles } from './uploaded-bundle.ts';
import { type WatchedFolderParts, watchFolder } from './watched-folder.ts';

/**
 * Which bundle is active, and all that can make another one active: the configured bundle (its file changes, or it is read
 * again), an upload, and a watched folder of policies. All of them go through one queue.
 */
export interface Activation extends Pick<ActivationQueue, 'pool' | 'status' | 'onActivated' | 'retired'> {
  /**
   * Reads the configured bundle again; it replaces an uploaded one. Rejects as ActivationQueue.activate does. Where a folder
   * is watched, it does nothing: the folder says what is active.
   */
  reload(): Promise<void>;
  /**
   * Activates a bundle that stays active over restarts until the configured bundle changes or is read again. `revalidate`
   * runs once more before the bundle decides, and rejects where the uploader has lost the right to do that. Rejects as
   * ActivationQueue.activate does.
   */
  upload(bundle: Uint8Array, by: Uploader, revalidate: () => Promise<void>): Promise<ActivationStatus>;
  /** Resolves when the watched folder was built for the first time, activated or not; at once where no folder is watched. */
  ready: Promise<void>;
  close(): Promise<void>;
}

export interface ActivationParts extends QueueParts {
  /** The configured bundle: a file or an http(s) URL. */
  source: string;
  uploads: UploadedBundles;
  /** A folder of policies to watch instead of the configured bundle's file; null for none. */
  folder: Omit<WatchedFolderParts, 'activate'> | null;
}

/** Activates the bundle of the start. Rejects with AppError `bundle_invalid` where it cannot be read or does not pass. */
export async function openActivation(parts: ActivationParts): Promise<Activation> {
  const { source, uploads, folder, clock } = parts;
  const start = await readStartBundle(source, uploads);
  // A bundle that was uploaded to replace another configured bundle must not come back with that one.
  if (!start.isUploaded) await uploads.forget();
  const first = { origin: start.origin, read: async () => start.bytes };
  const queue = await openActivationQueue(parts, first).catch((error) => {
    const isOfSource = !start.isUploaded && error instanceof AppError && error.code === 'bundle_invalid';
    throw isOfSource ? unusableSource(source, error) : error;
  });
  const { activate, pool, status, onActivated, retired } = queue;
  const configured = createConfiguredBundle({ source, startDigest: start.configuredDigest, uploads, activate });
  const watched = folder === null ? null : watchFolder({ ...folder, activate });
  const watching = watched ?? configured.watch();

  return {
    pool,
    status,
    onActivated,
    retired,
    reload: watched === null ? configured.reload : async () => {},
    upload: (bundle, by, revalidate) =>
      activate({
        origin: { source: 'upload', by },
        read: async () => bundle,
        async accept() {
          await revalidate();
          await uploads.keep(bundle, { by, at: clock().toISOString(), configured: configured.digest() });
        },
      }),
    ready: watched?.ready ?? Promise.resolve(),
    async close() {
      await watching.close();
      await queue.close();
    },
  };
}
