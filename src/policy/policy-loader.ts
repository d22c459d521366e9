import { Worker } from 'node:worker_threads';
import { AppError, type ErrorCode } from '../domain/errors.ts';
import type { PolicySource } from './policy.ts';

/** What the loader thread answers. */
export type Loaded = { source: PolicySource } | { code: ErrorCode; message: string };

const TIMEOUT_MS = 60_000;

/**
 * Reads, checks and compiles a bundle (untrusted bytes) in a thread of its own, since much data take seconds and others wait
 * for their decisions, and a module may loop before it is asked anything. Rejects with AppError `bundle_invalid`.
 */
export async function loadPolicy(bundle: Uint8Array, { timeoutMs = TIMEOUT_MS } = {}): Promise<PolicySource> {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  const worker = new Worker(new URL(`./policy-loader-thread.${extension}`, import.meta.url), { workerData: bundle });
  let timer: NodeJS.Timeout | undefined;
  try {
    const loaded = await new Promise<Loaded>((resolve, reject) => {
      timer = setTimeout(() => reject(new Error(`it took longer than ${timeoutMs} ms`)), timeoutMs);
      worker.once('message', resolve);
      worker.once('error', reject);
      worker.once('exit', (code) => reject(new Error(`the loader exited with ${code}`)));
    });
    if ('source' in loaded) return loaded.source;
    throw new AppError(loaded.code, loaded.message);
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    throw new AppError('bundle_invalid', `The bundle cannot be loaded: ${(cause as Error).message}.`, { cause });
  } finally {
    clearTimeout(timer);
    await worker.terminate();
  }
}
