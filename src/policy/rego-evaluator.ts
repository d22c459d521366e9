import type { BuiltinError } from '../domain/record.ts';
import { type BuiltinContext, createBuiltins } from './builtins/index.ts';
import { instantiateModule, type ResultFormat, WasmAbort } from './wasm-module.ts';

const MAX_MEMORY_BYTES = 1024 * 1024 * 1024;

/** What one evaluation came to, before anyone asks what it means. */
export interface RawResult {
  /** The text of the result set, see WasmModule.evaluate; null where the evaluation was given up. */
  text: string | null;
  /** Calls that OPA would call undefined, in the order of the calls. */
  builtinErrors: BuiltinError[];
  /** Why it was given up, with the Rego file and line where OPA says them. */
  abort: string | null;
}

/** Evaluates any entrypoint of a module, with our builtins and with OPA's answers. */
export interface RegoEvaluator {
  entrypoints: readonly string[];
  /** What the module wants of its host. */
  builtins: readonly string[];
  /** `input` is JSON text, or undefined where there is none; `nowNs` is what the policy takes for the time. Never throws. */
  evaluate(entrypoint: string, input: Uint8Array | undefined, nowNs: bigint, format: ResultFormat): RawResult;
}

/** Instantiates a policy module with its data (JSON text). Throws Error for a module that is not an OPA policy. */
export async function createRegoEvaluator(wasm: Uint8Array, data: Uint8Array): Promise<RegoEvaluator> {
  let context: BuiltinContext = { nowNs: 0n, errors: [] };
  const builtins = createBuiltins(() => context);
  const module = await instantiateModule(wasm, builtins, MAX_MEMORY_BYTES);
  module.setData(data);

  return {
    entrypoints: module.entrypoints,
    builtins: module.builtins,
    evaluate(entrypoint, input, nowNs, format) {
      const errors: BuiltinError[] = [];
      context = { nowNs, errors };
      try {
        return { text: module.evaluate(entrypoint, input, format), builtinErrors: errors, abort: null };
      } catch (error) {
        const { name, message } = error as Error;
        const abort = error instanceof WasmAbort ? message : `${name}: ${message}`;
        return { text: null, builtinErrors: errors, abort };
      }
    },
  };
}
