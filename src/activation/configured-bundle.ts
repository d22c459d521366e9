import { type Sha256, sha256 } from '../base/canonical-json.ts';
import { AppError } from '../base/errors.ts';
import { describeSource, readBundleSource, watchBundleSource } from '../bundle/source.ts';
import type { ActivationQueue } from './activation-queue.ts';
import type { UploadedBundles } from './uploaded-bundle.ts';

const RETRY_MS = 1000;

/** The bundle that the configuration names, as a source of activations. It replaces an uploaded bundle. */
export interface ConfiguredBundle {
  /** Digest of the bytes of the configured bundle that was activated last. */
  digest(): Sha256;
  /** Reads the bundle again and activates it. Rejects as ActivationQueue.activate does. */
  reload(): Promise<void>;
  /** Activates the file whenever its content changes, from now on until `close`. A URL is not watched. */
  watch(): { close(): void };
}

export interface ConfiguredBundleParts {
  /** A file or an http(s) URL. */
  source: string;
  /** Digest of the bytes that the source gave at the start. */
  startDigest: Sha256;
  uploads: Pick<UploadedBundles, 'forget'>;
  activate: ActivationQueue['activate'];
}

export function createConfiguredBundle({
  source,
  startDigest,
  uploads,
  activate,
}: ConfiguredBundleParts): ConfiguredBundle {
  let digest = startDigest;
  /** Of what was last tried. Content that was refused is not tried again when the file is only touched. */
  let triedDigest = startDigest;

  async function activateWhatIs(read: () => Promise<Uint8Array>): Promise<void> {
    await activate({
      origin: { source: describeSource(source), by: null },
      async read() {
        const bundle = await read();
        triedDigest = sha256(bundle);
        return bundle;
      },
      async accept(bundle) {
        await uploads.forget();
        digest = sha256(bundle);
      },
    });
  }

  async function activateIfChanged(): Promise<void> {
    const bundle = await readBundleSource(source).catch(() => null);
    if (bundle === null) return; // A file that cannot be read now is looked at again when it changes.
    if (sha256(bundle) !== triedDigest) await activateWhatIs(async () => bundle);
  }

  return {
    digest: () => digest,
    reload: () => activateWhatIs(() => readBundleSource(source)),
    watch() {
      let retry: NodeJS.Timeout | undefined;
      const look = () => {
        activateIfChanged().catch((error) => {
          // The queue tells of refused bundles. A full queue has not looked at this one.
          const isUntried = error instanceof AppError && error.code === 'overloaded';
          if (isUntried) retry = setTimeout(look, RETRY_MS).unref();
        });
      };
      const watching = watchBundleSource(source, look);
      if (watching !== null) look(); // The file may have been replaced while the service started.
      return {
        close() {
          clearTimeout(retry);
          watching?.close();
        },
      };
    },
  };
}
