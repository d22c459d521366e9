import { createDirectory, type Directory, type DirectoryData, readDirectoryData } from '../domain/directory.ts';
import { AppError } from '../domain/errors.ts';
import type { PolicyRef } from '../domain/record.ts';
import type { Bundle } from './bundle.ts';
import { findDirectoryFaults } from './directory-check.ts';
import { createEvaluator, type Evaluator } from './evaluator.ts';
import { createRegoEvaluator } from './rego-evaluator.ts';
import { type CompiledModule, compileModule } from './wasm-module.ts';

export const ENTRYPOINT = 'approval/decision';

/** Memory that an evaluation may take beside the policy and its data. */
export const EVALUATION_MEMORY_BYTES = 64 * 1024 * 1024;

/** What a policy is opened from. It can be posted to other threads: code and data are shared, not copied. */
export interface PolicySource {
  ref: PolicyRef;
  opaVersion: string;
  module: CompiledModule;
  /** The data document as JSON text. */
  data: Uint8Array;
  people: DirectoryData;
  /** The kinds that the data configure (`config.kinds`). */
  kinds: readonly string[];
  /** What module and data take in memory. */
  memoryBytes: number;
}

/** A policy ready to decide: how records name it, who is who in its data, and its evaluator. */
export interface Policy extends Evaluator {
  ref: PolicyRef;
  opaVersion: string;
  directory: Directory;
}

/** Compiles the module of a bundle. Throws AppError `bundle_invalid` for a bundle that cannot be evaluated. */
export async function preparePolicy(bundle: Bundle): Promise<PolicySource> {
  const { name, revision, digest, wasmDigest, dataDigest, opaVersion } = bundle;
  if (!bundle.entrypoints.includes(ENTRYPOINT)) {
    throw new AppError('bundle_invalid', `The bundle has no entrypoint ${ENTRYPOINT}.`);
  }
  const [fault] = findDirectoryFaults(bundle.data);
  if (fault !== undefined) {
    throw new AppError('bundle_invalid', `The data of the bundle: ${fault.pointer} ${fault.message}.`);
  }
  try {
    const module = await compileModule(bundle.wasm);
    const data = new Uint8Array(new SharedArrayBuffer(bundle.dataBytes.byteLength));
    data.set(bundle.dataBytes);
    return {
      ref: { name, revision, digest, wasm_digest: wasmDigest, data_digest: dataDigest, entrypoint: ENTRYPOINT },
      opaVersion,
      module,
      data,
      people: readDirectoryData(bundle.data),
      kinds: configuredKinds(bundle.data),
      memoryBytes: (await createRegoEvaluator(module, data)).memoryBytes(),
    };
  } catch (cause) {
    throw new AppError('bundle_invalid', 'The bundle holds no policy that can be evaluated.', { cause });
  }
}

function configuredKinds(data: unknown): string[] {
  const kinds = (data as { config?: { kinds?: unknown } } | null)?.config?.kinds;
  return typeof kinds === 'object' && kinds !== null ? Object.keys(kinds) : [];
}

/** Instantiates a policy; an evaluation gets at most `evaluationMemoryBytes` beside what policy and data take. */
export async function openPolicy(
  source: PolicySource,
  evaluationMemoryBytes = EVALUATION_MEMORY_BYTES,
): Promise<Policy> {
  const { ref, opaVersion, module, data, people, memoryBytes } = source;
  const rego = await createRegoEvaluator(module, data, memoryBytes + evaluationMemoryBytes);
  return { ref, opaVersion, directory: createDirectory(people), ...createEvaluator(rego, ref.entrypoint) };
}
