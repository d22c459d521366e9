import { unwatchFile, watchFile } from 'node:fs';
import { AppError } from '../base/errors.ts';
import { readRegularFile } from '../base/files/regular-file.ts';
import { MAX_BUNDLE_BYTES } from './bundle.ts';

const FETCH_TIMEOUT_MS = 30_000;
const WATCH_INTERVAL_MS = 500;

/** The source as it may be shown and logged: a URL without its query, which often holds a secret. */
export function describeSource(source: string): string {
  if (!isUrl(source)) return source;
  const { origin, pathname } = new URL(source);
  return `${origin}${pathname}`;
}

const isUrl = (source: string) => /^https?:\/\//.test(source);

/**
 * Reads the bytes of a bundle from a regular file or an http(s) URL, at most MAX_BUNDLE_BYTES. Rejects with AppError
 * `bundle_invalid`.
 */
export async function readBundleSource(source: string): Promise<Uint8Array> {
  try {
    if (!isUrl(source)) return await readRegularFile(source, MAX_BUNDLE_BYTES);
    const response = await fetch(source, { signal: AbortSignal.timeout(FETCH_TIMEOUT_MS) });
    if (!response.ok || response.body === null) throw new Error(`it answered ${response.status}`);
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of response.body) {
      size += chunk.byteLength;
      if (size > MAX_BUNDLE_BYTES) throw new Error(`it is larger than ${MAX_BUNDLE_BYTES} bytes`);
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    // Callers of the service may read this message: it names no path and no address.
    throw new AppError('bundle_invalid', `The bundle cannot be read (${code ?? message}).`, { cause });
  }
}

/**
 * Calls back when the file was written or replaced; null for a URL, which is not watched. It looks at the name twice a second
 * instead of asking the system for events: a mounted folder gives none, and where a link is replaced they tell of the old file
 * only.
 */
export function watchBundleSource(source: string, onChange: () => void): { close(): void } | null {
  if (isUrl(source)) return null;
  watchFile(source, { interval: WATCH_INTERVAL_MS, persistent: false }, (now, before) => {
    const isThere = now.ino !== 0;
    if (isThere && (now.mtimeMs !== before.mtimeMs || now.ino !== before.ino || now.size !== before.size)) onChange();
  });
  return { close: () => unwatchFile(source) };
}
