import { Worker } from 'node:worker_threads';
import { AppError, type ErrorCode } from '../base/errors.ts';
import { workerUrl } from '../base/worker-url.ts';
import type { PolicySource } from './policy.ts';

/** A part of the work, and how long it may take. What the loader thread says it is about to do. */
export interface LoadStep {
  step: string;
  limitMs: number;
}
/** A policy that was read, checked and tried. */
export interface LoadedPolicy extends PolicySource {
  /** See findBuilderDifferences. */
  remarks: readonly string[];
}
/** How the work ended. */
export type Loaded = { source: LoadedPolicy } | { code: ErrorCode; message: string };

/** For what we do ourselves before anything of the bundle is looked at. */
const THREAD_START_MS = 60_000;
/** For what may loop: a module that is instantiated and asked for its builtins and entry points answers in milliseconds. */
export const STEP_MS = 5000;
/** Where nothing else runs, we read 5 (a million different names) to 20 MB a second, and OPA's modules as much or more. */
const DATA_BYTES_PER_MS = 1000;
/** JavaScript heap: enough for as many values as data may have. */
const HEAP_MIB = 2048;

/** Within which data of so many bytes have to be read. */
export function dataLimitMs(bytes: number, baseMs = STEP_MS): number {
  return baseMs + bytes / DATA_BYTES_PER_MS;
}

/**
 * Reads, checks and compiles a bundle (untrusted bytes) in a thread of its own with bounds of time and memory, since much
 * data take seconds and others wait for their decisions, and a module may loop before it is asked anything. `stepMs` is what
 * a step may take that does not depend on how much data there are. Rejects with AppError `bundle_invalid`.
 */
export async function loadPolicy(bundle: Uint8Array, { stepMs = STEP_MS } = {}): Promise<LoadedPolicy> {
  const worker = new Worker(workerUrl('./loader-thread', import.meta.url), {
    workerData: { bundle, stepMs },
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MIB },
  });
  let timer: NodeJS.Timeout | undefined;
  try {
    const loaded = await new Promise<Loaded>((resolve, reject) => {
      const watch = ({ step, limitMs }: LoadStep) => {
        clearTimeout(timer);
        timer = setTimeout(() => reject(new Error(`${step} took longer than ${Math.round(limitMs)} ms`)), limitMs);
      };
      watch({ step: 'starting a thread', limitMs: THREAD_START_MS });
      worker.on('message', (message: LoadStep | Loaded) => ('step' in message ? watch(message) : resolve(message)));
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
