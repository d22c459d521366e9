import { type Sha256, sha256 } from '../base/canonical-json.ts';
import { AppError } from '../base/errors.ts';
import { describeSource, isWatched, readBundleSource, watchBundleSource } from '../bundle/source.ts';
import {
  type ActivePolicy,
  type ActivePolicyParts,
  type ActivePolicyStatus,
  openActivePolicy,
} from './active-policy.ts';
import type { UploadedBundles } from './uploaded-bundle.ts';

const LOOK_AGAIN_MS = 1000;

/** Who sends a bundle. */
interface Uploader {
  client: string;
  principal: string | null;
}

/** The ways in which a bundle becomes the active one. */
export interface Bundles {
  activePolicy: ActivePolicy;
  /** Reads the configured bundle again; it takes the place of an uploaded one. Rejects with AppError `bundle_invalid`. */
  reload(): Promise<void>;
  /**
   * Stays active over restarts, until the configured bundle changes or is read again. `revalidate` is asked once more before
   * the bundle decides, and throws where the uploader may not do that any more. Rejects as ActivePolicy does.
   */
  upload(bundle: Uint8Array, by: Uploader, revalidate: () => Promise<void>): Promise<ActivePolicyStatus>;
  close(): Promise<void>;
}

export interface BundlesParts extends ActivePolicyParts {
  /** The configured bundle: a file, which is watched, or an http(s) URL. */
  source: string;
  uploads: UploadedBundles;
}

/** Rejects with AppError `bundle_invalid` where there is no bundle to begin with. */
export async function openBundles(parts: BundlesParts): Promise<Bundles> {
  const { source, uploads, clock } = parts;
  const configured = await readBundleSource(source).catch((error: Error) => {
    throw unusable(source, error);
  });
  let configuredDigest: Sha256 = sha256(configured);
  const origin = { source: describeSource(source), by: null };
  const uploaded = uploads.find(configuredDigest);
  // One that was uploaded over another configured bundle must not come back when that one does.
  if (uploaded === null) uploads.forget();
  const activePolicy = await openActivePolicy(
    parts,
    uploaded === null
      ? { origin, read: async () => configured }
      : { origin: { source: 'upload', by: uploaded.by }, read: async () => uploaded.bundle },
  ).catch((error: Error) => {
    const isOfSource = uploaded === null && error instanceof AppError && error.code === 'bundle_invalid';
    throw isOfSource ? unusable(source, error) : error;
  });

  async function activateConfigured(read: () => Promise<Uint8Array>): Promise<void> {
    await activePolicy.activate({
      origin,
      read,
      async accept(accepted) {
        uploads.forget();
        configuredDigest = sha256(accepted);
      },
    });
  }

  /** A file that was only touched, or is the one that was refused before, is no news. */
  let seen = configuredDigest;
  async function onFileChange(): Promise<void> {
    const bundle = await readBundleSource(source).catch(() => null);
    if (bundle === null || sha256(bundle) === seen) return; // What cannot be read now is looked at again when it changes.
    await activateConfigured(async () => {
      seen = sha256(bundle);
      return bundle;
    });
  }

  const look = () => {
    // Refusals stand in the status and in the log; where other bundles were waiting, this one is looked at once more.
    onFileChange().catch((error: AppError) => error.code === 'overloaded' && setTimeout(look, LOOK_AGAIN_MS).unref());
  };
  const watch = watchBundleSource(source, look);
  if (isWatched(source)) look(); // It may have been replaced while the first one was opened.
  return {
    activePolicy,
    reload: () =>
      activateConfigured(async () => {
        const bundle = await readBundleSource(source);
        seen = sha256(bundle);
        return bundle;
      }),
    upload: (bundle, by, revalidate) =>
      activePolicy.activate({
        origin: { source: 'upload', by },
        read: async () => bundle,
        async accept() {
          await revalidate();
          uploads.keep(bundle, { by, at: clock().toISOString(), configured: configuredDigest });
        },
      }),
    async close() {
      watch.close();
      await activePolicy.close();
    },
  };
}

/** Whoever starts the service has to know which setting names the bundle. */
function unusable(source: string, cause: Error): AppError {
  const advice = cause.message.includes('COUNTERSIGN_BUNDLE')
    ? ''
    : ' Set COUNTERSIGN_BUNDLE to a bundle that `countersign policy build` wrote.';
  return new AppError('bundle_invalid', `${describeSource(source)}: ${cause.message}${advice}`, { cause });
}
