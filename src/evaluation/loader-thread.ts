import { parentPort, workerData } from 'node:worker_threads';
import { findBuilderDifferences } from '../authoring/toolchain/builder-differences.ts';
import { AppError } from '../base/errors.ts';
import { bundleOf, unpackMembers } from '../bundle/bundle.ts';
import { DATA_MEMBER } from '../bundle/manifest.ts';
import { dataLimitMs, type Loaded, type LoadStep } from './loader.ts';
import { preparePolicy } from './policy.ts';

const { bundle, stepMs } = workerData as { bundle: Uint8Array; stepMs: number };

function begin(step: string, limitMs: number): void {
  parentPort?.postMessage({ step, limitMs } satisfies LoadStep);
}

async function load(): Promise<Loaded> {
  try {
    begin('unpacking it', stepMs);
    const members = await unpackMembers(bundle);
    const dataMs = dataLimitMs(members.get(DATA_MEMBER)?.length ?? 0, stepMs);
    begin('reading its manifest and data', dataMs);
    const read = bundleOf(members);
    const source = await preparePolicy(read, (step) => {
      if (step === 'module') begin('starting its module', stepMs);
      else begin('its module, which reads the data,', dataMs);
    });
    return { source: { ...source, remarks: await findBuilderDifferences(read.manifest) } };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const cause = error.cause instanceof Error ? error.cause.message : '';
    const message = error.message.includes(cause) ? error.message : `${error.message} (${cause})`;
    return { code: error.code, message }; // Threads hand over no classes.
  }
}

parentPort?.postMessage(await load());
