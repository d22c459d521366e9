import { createDirectory, type Directory } from '../domain/directory.ts';
import { AppError } from '../domain/errors.ts';
import type { PolicyRef } from '../domain/record.ts';
import type { Bundle } from './bundle.ts';
import { createEvaluator, type Evaluator } from './evaluator.ts';

export const ENTRYPOINT = 'approval/decision';

/** A bundle ready to decide: how records name it, who is who in its data, and its evaluator. */
export interface Policy extends Evaluator {
  ref: PolicyRef;
  opaVersion: string;
  directory: Directory;
}

/** Throws AppError `bundle_invalid` for a bundle that cannot be evaluated. */
export async function openPolicy(bundle: Bundle): Promise<Policy> {
  const { name, revision, digest, wasmDigest, dataDigest, opaVersion } = bundle;
  if (!bundle.entrypoints.includes(ENTRYPOINT)) {
    throw new AppError('bundle_invalid', `The bundle has no entrypoint ${ENTRYPOINT}.`);
  }
  try {
    return {
      ref: { name, revision, digest, wasm_digest: wasmDigest, data_digest: dataDigest, entrypoint: ENTRYPOINT },
      opaVersion,
      directory: createDirectory(bundle.data),
      ...(await createEvaluator(bundle.wasm, bundle.dataBytes, ENTRYPOINT)),
    };
  } catch (cause) {
    throw new AppError('bundle_invalid', 'The bundle holds no policy that can be evaluated.', { cause });
  }
}
