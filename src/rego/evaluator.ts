import { type BuiltinContext, type BuiltinError, createBuiltins } from './builtins/index.ts';
import {
  type CompiledModule,
  compileModule,
  instantiateModule,
  OutOfMemory,
  WasmAbort,
  type WasmModule,
} from './wasm/module.ts';

/** As much as WASM can address. */
export const MAX_MEMORY_BYTES = 4 * 1024 ** 3;

/** What one evaluation came to, before anyone asks what it means. */
export interface RawResult<T> {
  /** The result set, see WasmModule; null where the evaluation was given up. */
  results: T | null;
  /** Calls that OPA would call undefined, in the order of the calls. */
  builtinErrors: BuiltinError[];
  /** Why it was given up, with the Rego file and line where OPA says them. */
  abort: string | null;
  /** Whether it was given up because memory did not suffice. */
  outOfMemory: boolean;
}

/** Evaluates any entrypoint of a module, with our builtins and with OPA's answers. */
export interface RegoEvaluator {
  entrypoints: readonly string[];
  /** What the module wants of its host. */
  builtins: readonly string[];
  /** The most memory that module, data and evaluations ever took together. */
  memoryBytes(): number;
  /**
   * `input` is JSON text, or undefined where there is none; `nowNs` is what the policy takes for the time; `unsorted` as in
   * WasmModule. Never throws.
   */
  evaluate(entrypoint: string, input: Uint8Array | undefined, nowNs: bigint, unsorted?: number): RawResult<unknown>;
  /** The same with the result set as Rego text, where sets and exact numbers stay what they are. */
  evaluateToRego(entrypoint: string, input: Uint8Array | undefined, nowNs: bigint): RawResult<string>;
}

/**
 * Instantiates a policy module with its data (JSON text), which together with any evaluation take at most `maxMemoryBytes`.
 * Throws Error for a module that is not an OPA policy, or for data that do not fit.
 */
export async function createRegoEvaluator(
  wasm: Uint8Array | CompiledModule,
  data: Uint8Array,
  maxMemoryBytes = MAX_MEMORY_BYTES,
): Promise<RegoEvaluator> {
  let context: BuiltinContext = { nowNs: 0n, errors: [] };
  const builtins = createBuiltins(() => context);
  const compiled = wasm instanceof Uint8Array ? await compileModule(wasm) : wasm;
  let module: WasmModule | null = open();
  const { entrypoints, builtins: wanted } = module;
  /** The most that modules before this one took. */
  let mostBytes = 0;

  function open(): WasmModule {
    const opened = instantiateModule(compiled, builtins, maxMemoryBytes);
    opened.setData(data);
    return opened;
  }

  function attempt<T>(nowNs: bigint, evaluate: (module: WasmModule) => T): RawResult<T> {
    const errors: BuiltinError[] = [];
    context = { nowNs, errors };
    try {
      module ??= open();
      return { results: evaluate(module), builtinErrors: errors, abort: null, outOfMemory: false };
    } catch (error) {
      const { name, message } = error as Error;
      const abort = error instanceof WasmAbort ? message : `${name}: ${message}`;
      const outOfMemory = error instanceof OutOfMemory;
      if (!(error instanceof WasmAbort || outOfMemory)) module = replaceModule();
      return { results: null, builtinErrors: errors, abort, outOfMemory };
    }
  }

  /**
   * Of a module that trapped nobody can tell what it would answer next. Another is opened at once, so that it takes its time
   * from this evaluation and not from the next one; where that fails, the next one tries again.
   */
  function replaceModule(): WasmModule | null {
    mostBytes = Math.max(mostBytes, module?.memoryBytes() ?? 0);
    try {
      return open();
    } catch {
      return null;
    }
  }

  return {
    entrypoints,
    builtins: wanted,
    memoryBytes: () => Math.max(mostBytes, module?.memoryBytes() ?? 0),
    evaluate: (entrypoint, input, nowNs, unsorted) =>
      attempt(nowNs, (opened) => opened.evaluate(entrypoint, input, unsorted)),
    evaluateToRego: (entrypoint, input, nowNs) => attempt(nowNs, (opened) => opened.evaluateToRego(entrypoint, input)),
  };
}
