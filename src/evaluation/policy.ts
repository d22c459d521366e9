import { AppError } from '../base/errors.ts';
import { measureJson } from '../base/json-measure.ts';
import type { Bundle } from '../bundle/bundle.ts';
import { findDirectoryFaults } from '../bundle/directory/directory-check.ts';
import type { PolicyRef } from '../contract/record.ts';
import type { Sentences } from '../domain/catalogue.ts';
import { createDirectory, type Directory, type DirectoryData, readDirectoryData } from '../domain/directory.ts';
import type { CompiledModule } from '../rego/rego.ts';
import { compileModule, MAX_MEMORY_BYTES, openModule, type RegoEvaluator } from '../rego/rego.ts';
import { createEvaluator, type Evaluator } from './evaluator.ts';

export const ENTRYPOINT = 'approval/decision';

/** Memory that an evaluation may take beside the policy and its data. */
export const EVALUATION_MEMORY_BYTES = 64 * 1024 * 1024;

/** Memory that a module may take before it has data: 2 MiB are what OPA's take. */
const MODULE_MEMORY_BYTES = 32 * 1024 * 1024;
/** Of the JSON that OPA's runtime takes most memory for, a value takes 266 bytes, and a long string twice its length. */
const MEMORY_BYTES_PER_VALUE = 320;
const MEMORY_BYTES_PER_DATA_BYTE = 4;

/** What a policy is opened from. It can be posted to other threads: code and data are shared, not copied. */
export interface PolicySource {
  ref: PolicyRef;
  opaVersion: string;
  module: CompiledModule;
  /** The data document as JSON text. */
  data: Uint8Array;
  people: DirectoryData;
  sentences: Sentences;
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
  /** What people read for the codes that the policy reports. */
  sentences: Sentences;
}

/**
 * Compiles the module of a bundle and tries it with its data. Throws AppError `bundle_invalid` for a bundle that cannot be
 * evaluated. `onStep` is told when the module is about to run, and when it is about to read the data: it may loop in both.
 */
export async function preparePolicy(
  bundle: Bundle,
  onStep: (step: 'module' | 'data') => void = () => {},
): Promise<PolicySource> {
  const { name, revision, digest, wasmDigest, dataDigest, opaVersion } = bundle;
  if (!bundle.entrypoints.includes(ENTRYPOINT)) {
    throw new AppError('bundle_invalid', `The bundle has no entrypoint ${ENTRYPOINT}.`);
  }
  const [fault] = findDirectoryFaults(bundle.data);
  if (fault !== undefined) {
    throw new AppError('bundle_invalid', `The data of the bundle: ${fault.pointer} ${fault.message}.`);
  }
  try {
    onStep('module');
    const module = await compileModule(bundle.wasm).catch(refuseModule);
    const maxMemoryBytes = memoryLimitOf(bundle);
    requireEntrypoints(bundle, await openModule(module, { maxMemoryBytes }));
    onStep('data');
    const data = new Uint8Array(new SharedArrayBuffer(bundle.dataBytes.byteLength));
    data.set(bundle.dataBytes);
    return {
      ref: { name, revision, digest, wasm_digest: wasmDigest, data_digest: dataDigest, entrypoint: ENTRYPOINT },
      opaVersion,
      module,
      data,
      people: readDirectoryData(bundle.data),
      sentences: bundle.manifest.metadata.sentences,
      kinds: configuredKinds(bundle.data),
      memoryBytes: (await openModule(module, { data, maxMemoryBytes })).memoryBytes(),
    };
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    throw new AppError('bundle_invalid', 'The bundle contains no policy that can be evaluated.', { cause });
  }
}

/** OPA compiles some references to modules that do not open. */
function refuseModule(error: Error): never {
  const { cause } = error;
  if (!(cause instanceof Error && cause.name === 'CompileError')) throw error;
  const advice = 'Build the bundle with `countersign policy build`, which repairs such modules or says what to change';
  throw new AppError('bundle_invalid', `The module of the bundle is not valid: ${cause.message}. ${advice}.`, {
    cause,
  });
}

/** Of a module that does not ask for more than OPA's it is at least half as much again as it needs. */
function memoryLimitOf({ wasm, dataBytes }: Bundle): number {
  const forData =
    measureJson(dataBytes).values * MEMORY_BYTES_PER_VALUE + dataBytes.length * MEMORY_BYTES_PER_DATA_BYTE;
  return Math.min(MAX_MEMORY_BYTES, MODULE_MEMORY_BYTES + wasm.length + forData);
}

/** A record names the entry point by the manifest. */
function requireEntrypoints({ entrypoints }: Bundle, module: RegoEvaluator): void {
  const [stated, actual] = [entrypoints, module.entrypoints].map((names) => [...names].sort().join(', '));
  if (stated !== actual) {
    throw new AppError('bundle_invalid', `The manifest names the entrypoints ${stated}, but the module has ${actual}.`);
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
  const { ref, opaVersion, module, data, people, sentences, memoryBytes } = source;
  const rego = await openModule(module, { data, maxMemoryBytes: memoryBytes + evaluationMemoryBytes });
  return { ref, opaVersion, directory: createDirectory(people), sentences, ...createEvaluator(rego, ref.entrypoint) };
}
