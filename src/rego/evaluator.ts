import type { BuiltinTable } from './builtins/builtin.ts';
import { type BuiltinContext, type BuiltinError, createBuiltins, PROVIDED_BUILTINS } from './builtins/index.ts';
import { patch } from './builtins/json-patch.ts';
import { documentText, regoValueOf } from './document.ts';
import { RegoError } from './errors.ts';
import { failureOf } from './failure.ts';
import { failed, type RegoResult } from './result.ts';
import { isRegoObject, type JsonValue, type RegoValue } from './value.ts';
import {
  type CompiledModule,
  InvalidInput,
  instantiateModule,
  MIN_MEMORY_BYTES,
  OutOfMemory,
  type WasmModule,
} from './wasm/module.ts';
import { NATIVES } from './wasm/natives.ts';

/** The most memory that WASM can address. */
export const MAX_MEMORY_BYTES = 4 * 1024 ** 3;

/** For module, data and evaluation together, unless the caller says otherwise. */
const DEFAULT_MEMORY_BYTES = 512 * 1024 ** 2;
const REENTRY = 'the policy is being evaluated';

export interface RegoOptions {
  /**
   * The data document: JSON text (UTF-8), which has to be valid JSON, or a value. The default is `{}`, or the data of the bundle.
   * OPA's runtime reads the text and is lenient, so check text that you do not trust before.
   */
  data?: unknown;
  /** The most memory that module, data and any evaluation take together, in bytes; default 512 MiB, at most MAX_MEMORY_BYTES. */
  maxMemoryBytes?: number;
  /** Builtins of your own, by name, beside the shipped ones or in their place. They have to be deterministic. */
  builtins?: BuiltinTable;
  /**
   * What a builtin error does: `fail` (default) makes the evaluation fail with `builtin_error`; `undefined` makes the call
   * undefined, as `opa eval` does without `--strict-builtin-errors`, and lists the error in the result.
   */
  builtinErrors?: 'fail' | 'undefined';
  /**
   * What a builtin does that the module calls and nobody provides: `refuse` (default) throws `builtin_missing` when the
   * policy is opened; `abort` makes those evaluations fail that call it.
   */
  missingBuiltins?: 'refuse' | 'abort';
}

export interface EvaluateOptions {
  /** What the policy takes for the current time (`time.now_ns`): a Date, or Unix nanoseconds. Default: now. */
  now?: Date | bigint;
}

export interface EvaluateJsonOptions extends EvaluateOptions {
  /**
   * Sets in the result are arrays in OPA's order. Those at most so many levels deep (1: the result itself) come in any order
   * instead, which saves the time to sort them where the caller does that anyway. Default 0.
   */
  unsortedLevels?: number;
}

/** An operation of a JSON Patch (RFC 6902). `path` is a JSON pointer, or its parts. */
export type DataPatch =
  | { op: 'add' | 'replace' | 'test'; path: string | readonly (string | number)[]; value: unknown }
  | { op: 'remove'; path: string | readonly (string | number)[] }
  | { op: 'move' | 'copy'; from: string | readonly (string | number)[]; path: string | readonly (string | number)[] };

/** A policy with its data, ready to be evaluated, in this thread. Not shared: evaluations run one at a time. */
export interface RegoEvaluator {
  /** As in `authz/allow`. */
  readonly entrypoints: readonly string[];
  /** The builtins that the module calls and does not implement itself. */
  readonly requiredBuiltins: readonly string[];
  /**
   * Evaluates an entrypoint for an input: JSON text (a Uint8Array), or a value; undefined for none. The result is JSON, where
   * sets are arrays and numbers doubles. Never throws: see RegoFailure for what can go wrong.
   */
  evaluate(entrypoint: string, input?: unknown, options?: EvaluateJsonOptions): RegoResult<JsonValue>;
  /** The same with an exact result: sets are `Set`s, and numbers keep their digits. */
  evaluateExact(entrypoint: string, input?: unknown, options?: EvaluateOptions): RegoResult<RegoValue>;
  /** The data document, exact. */
  data(): RegoValue;
  /**
   * Replaces the data document, see RegoOptions. Throws RegoError `data_invalid` or `out_of_memory`, and keeps the data that it
   * has. Replacing it often takes no more memory than replacing it once.
   */
  replaceData(data: unknown): void;
  /** Applies the operations in their order, all or none; takes as long as replacing the data. Throws as replaceData does. */
  patchData(...operations: DataPatch[]): void;
  /** The most memory that module, data and evaluations took together so far, in bytes. */
  memoryBytes(): number;
}

/** Instantiates a compiled module. Throws RegoError, see openModule. */
export function createEvaluator(compiled: CompiledModule, options: RegoOptions): RegoEvaluator {
  const { maxMemoryBytes = DEFAULT_MEMORY_BYTES, builtinErrors: mode = 'fail', builtins: own = {} } = options;
  requireOwnNames(own);
  let context: BuiltinContext = { nowNs: 0n, errors: [] };
  const builtins = createBuiltins(() => context, own);
  let data = dataText(options.data ?? {});
  let module: WasmModule | null = open(data);
  const { entrypoints, requiredBuiltins } = module;
  if (options.missingBuiltins !== 'abort') requireProvided(requiredBuiltins, own);
  const known = new Set(entrypoints);
  /** The most that modules before this one took. */
  let mostBytes = 0;
  /** While an evaluation runs. Builtins of the caller could ask for another one meanwhile. */
  let busy = false;

  /** Throws RegoError. */
  function open(text: Uint8Array): WasmModule {
    if (!(maxMemoryBytes >= MIN_MEMORY_BYTES)) {
      throw new RegoError('out_of_memory', `A module takes at least ${MIN_MEMORY_BYTES} bytes of memory.`);
    }
    const opened = orThrow('module_invalid', () => instantiateModule(compiled, builtins, maxMemoryBytes));
    orThrow('data_invalid', () => opened.setData(text));
    return opened;
  }

  function attempt<T extends JsonValue | RegoValue>(
    entrypoint: string,
    { now }: EvaluateOptions,
    evaluate: (module: WasmModule) => T | undefined,
  ): RegoResult<T> {
    if (!known.has(entrypoint)) {
      return failed({ code: 'entrypoint_unknown', message: `no entrypoint ${entrypoint}`, entrypoint });
    }
    if (busy) return failed({ code: 'aborted', message: REENTRY, entrypoint });
    const errors: BuiltinError[] = [];
    busy = true;
    try {
      context = { nowNs: nanosecondsOf(now), errors };
      module ??= open(data);
      const value = evaluate(module);
      const [error] = errors;
      if (error !== undefined && mode === 'fail') {
        const { builtin, message, rule } = error;
        const text = `${builtin}: ${message}`;
        return failed({ code: 'builtin_error', message: text, entrypoint, rule, builtinErrors: errors });
      }
      if (value === undefined) return { status: 'undefined', builtinErrors: errors };
      return { status: 'defined', value, builtinErrors: errors };
    } catch (error) {
      const failure = failureOf(error as Error);
      if (failure.code === 'crashed') module = replaceModule();
      return failed({ ...failure, entrypoint, builtinErrors: errors });
    } finally {
      busy = false;
    }
  }

  /**
   * After a trap, the memory of the module may hold anything. Another instance is opened at once, so that this evaluation
   * pays for it and not the next one; where that fails, the next one tries again.
   */
  function replaceModule(): WasmModule | null {
    mostBytes = Math.max(mostBytes, module?.memoryBytes() ?? 0);
    try {
      return open(data);
    } catch {
      return null;
    }
  }

  function setData(text: Uint8Array): void {
    if (busy) throw new RegoError('data_invalid', `The data cannot be replaced: ${REENTRY}.`);
    const opened = module ?? open(data);
    module = opened;
    try {
      orThrow('data_invalid', () => opened.setData(text));
      data = text;
    } catch (error) {
      restoreData(opened);
      throw error;
    }
  }

  function restoreData(opened: WasmModule): void {
    try {
      opened.setData(data);
    } catch {
      module = replaceModule();
    }
  }

  function currentData(): RegoValue {
    const opened = module ?? open(data);
    module = opened;
    return orThrow('data_invalid', () => opened.data());
  }

  return {
    entrypoints,
    requiredBuiltins,
    evaluate: (entrypoint, input, settings = {}) =>
      attempt(entrypoint, settings, (opened) => opened.evaluate(entrypoint, inputText(input), settings.unsortedLevels)),
    evaluateExact: (entrypoint, input, settings = {}) =>
      attempt(entrypoint, settings, (opened) => opened.evaluateExact(entrypoint, inputText(input))),
    data: currentData,
    replaceData: (document) => setData(dataText(document)),
    patchData(...operations) {
      const patched = orThrow('data_invalid', () =>
        patch(
          currentData(),
          operations.map((each) => regoValueOf(each)),
        ),
      );
      if (!isRegoObject(patched)) throw new RegoError('data_invalid', 'The data are not an object after the patch.');
      setData(dataText(patched));
    },
    memoryBytes: () => Math.max(mostBytes, module?.memoryBytes() ?? 0),
  };
}

function inputText(input: unknown): Uint8Array | undefined {
  if (input === undefined) return undefined;
  try {
    return documentText(input);
  } catch (cause) {
    throw new InvalidInput(`the input cannot be written: ${(cause as Error).message}`, { cause });
  }
}

/** Throws RegoError `data_invalid` for what is not an object. */
function dataText(data: unknown): Uint8Array {
  const text = orThrow('data_invalid', () => documentText(data));
  const first = text.find((byte) => !WHITESPACE.has(byte));
  if (first !== '{'.charCodeAt(0)) throw new RegoError('data_invalid', 'The data are not a JSON object.');
  return text;
}

function nanosecondsOf(now: Date | bigint = new Date()): bigint {
  if (typeof now === 'bigint') return now;
  if (Number.isNaN(now.getTime())) throw new InvalidInput('the time is not a valid date');
  return BigInt(now.getTime()) * 1_000_000n;
}

const WHITESPACE: ReadonlySet<number> = new Set(Array.from(' \t\r\n', (char) => char.charCodeAt(0)));

/** Runs a part of opening a policy; what it throws becomes a RegoError. */
function orThrow<T>(code: 'module_invalid' | 'data_invalid', run: () => T): T {
  try {
    return run();
  } catch (cause) {
    if (cause instanceof RegoError) throw cause;
    const { message } = cause as Error;
    if (cause instanceof OutOfMemory) {
      throw new RegoError('out_of_memory', `Module and data do not fit into the memory: ${message}.`, { cause });
    }
    const subject = code === 'data_invalid' ? 'The data cannot be used' : 'The module cannot be opened';
    throw new RegoError(code, `${subject}: ${message}.`, { cause });
  }
}

/** The module itself answers calls of these, so that a builtin of the caller would be called for some operands only. */
function requireOwnNames(own: BuiltinTable): void {
  const reserved = NATIVES.find(({ builtin }) => Object.hasOwn(own, builtin));
  if (reserved === undefined) return;
  throw new RegoError('builtin_reserved', `The module implements the builtin ${reserved.builtin} itself.`);
}

function requireProvided(required: readonly string[], own: BuiltinTable): void {
  const missing = required.filter((name) => !PROVIDED_BUILTINS.includes(name) && !Object.hasOwn(own, name));
  if (missing.length === 0) return;
  throw new RegoError('builtin_missing', `The module calls builtins that are not provided: ${missing.join(', ')}.`);
}
