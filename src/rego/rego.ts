/*
 * The public API of this library, `countersign/rego`: Rego policies that OPA compiled to WASM, evaluated in Node with the
 * answers of OPA's interpreter. README.md has an introduction. Everything else in this folder is internal.
 */

// biome-ignore-start lint/performance/noBarrelFile: the entry of a library names what belongs to its API.
export type { Builtin, BuiltinTable } from './builtins/builtin.ts';
export { BUILTINS_VERSION, type BuiltinError, PROVIDED_BUILTINS } from './builtins/index.ts';
export { zonesVersion } from './builtins/time-zone.ts';
export { type BundleLimits, type RegoBundle, readBundle } from './bundle.ts';
export { RegoError, type RegoErrorCode } from './errors.ts';
export {
  type DataPatch,
  type EvaluateJsonOptions,
  type EvaluateOptions,
  MAX_MEMORY_BYTES,
  type RegoEvaluator,
  type RegoOptions,
} from './evaluator.ts';
export { compileModule, openBundle, openModule } from './open.ts';
export type {
  RegoDefined,
  RegoFailed,
  RegoFailure,
  RegoFailureCode,
  RegoLocation,
  RegoResult,
  RegoUndefined,
} from './result.ts';
export {
  compareRego,
  Decimal,
  equalRego,
  formatRego,
  type JsonValue,
  parseRego,
  type RegoObject,
  type RegoValue,
  toJson,
  toJsonText,
} from './value.ts';
export type { CompiledModule } from './wasm/module.ts';
export { type RegoWorker, startWorker, type WorkerOptions } from './worker.ts';
// biome-ignore-end lint/performance/noBarrelFile: see above.
