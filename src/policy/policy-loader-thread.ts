import { parentPort, workerData } from 'node:worker_threads';
import { AppError } from '../domain/errors.ts';
import { readBundle } from './bundle.ts';
import { preparePolicy } from './policy.ts';
import type { Loaded } from './policy-loader.ts';

async function load(bundle: Uint8Array): Promise<Loaded> {
  try {
    return { source: await preparePolicy(await readBundle(bundle)) };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const cause = error.cause instanceof Error ? error.cause.message : '';
    const message = error.message.includes(cause) ? error.message : `${error.message} (${cause})`;
    return { code: error.code, message }; // Threads hand over no classes.
  }
}

parentPort?.postMessage(await load(workerData as Uint8Array));
