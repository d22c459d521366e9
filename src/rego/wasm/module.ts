import { createRequire } from 'node:module';
import type { Builtin } from '../builtins/builtin.ts';
import type { JsonValue, RegoValue } from '../value.ts';
import { requireBounds } from './bounds.ts';
import { FIRST_NATIVE, HOST_CALLS, hookModule } from './hooks.ts';
import { createLookups } from './lookups.ts';
import { NATIVES } from './natives.ts';
import { createTableOrder, type TableOrder } from './order.ts';
import { exportStackPointer, STACK_POINTER } from './stack-pointer.ts';
import { createValueReader } from './values.ts';
import { createValueWriter } from './writer.ts';

/** TypeScript declares WebAssembly only together with the DOM, so this declares the part that is used here. */
declare const WebAssembly: {
  Memory: new (limits: { initial: number; maximum: number }) => WasmMemory;
  compile(bytes: Uint8Array): Promise<CompiledModule>;
  Instance: new (module: CompiledModule, imports: { env: object }) => { exports: unknown };
};

/** A `WebAssembly.Module`: the machine code of a policy. It can be posted to worker threads, which share the code. */
export type CompiledModule = object & { readonly brand: 'WebAssembly.Module' };

interface WasmMemory {
  buffer: ArrayBuffer;
  grow(pages: number): void;
}

/** The imports and exports of OPA's modules that are used here: https://www.openpolicyagent.org/docs/wasm. Values are addresses. */
interface Abi {
  opa_wasm_abi_version: { value: number };
  opa_wasm_abi_minor_version: { value: number };
  opa_malloc(bytes: number): number;
  opa_json_dump(value: number): number;
  opa_value_parse(text: number, bytes: number): number;
  opa_heap_ptr_set(address: number): void;
  opa_eval_ctx_new(): number;
  opa_eval_ctx_set_input(context: number, input: number): void;
  opa_eval_ctx_set_data(context: number, data: number): void;
  opa_eval_ctx_set_entrypoint(context: number, entrypoint: number): void;
  opa_eval_ctx_get_result(context: number): number;
  eval(context: number): number;
  builtins(): number;
  entrypoints(): number;
  [STACK_POINTER]: { value: number };
}

/** The message with which opa_malloc aborts when memory cannot grow. */
const MALLOC_FAILED = 'opa_malloc: failed';
const ABI_VERSION = 1;
/** The first with `opa_eval`. */
const MIN_ABI_MINOR_VERSION = 2;
const PAGE_BYTES = 65_536;
const INITIAL_PAGES = 32;
/** The memory of a module before it has data. */
export const MIN_MEMORY_BYTES = INITIAL_PAGES * PAGE_BYTES;
const MAX_PAGES = 65_536;
const UNDEFINED = 0;

/** The class of the stock package that holds a module and its data; the types of the package do not resolve for ES modules. */
interface LoadedPolicy {
  entrypoints: Record<string, number>;
  dataAddr: number;
  /** Values below this address are constants of the module or data. An evaluation starts here. */
  dataHeapPtr: number;
  setData(data: ArrayBuffer): void;
}
type LoadedPolicyClass = new (
  policy: { instance: unknown },
  memory: WasmMemory,
  abiMinorVersion: number,
) => LoadedPolicy;
const { LoadedPolicy } = createRequire(import.meta.url)('@open-policy-agent/opa-wasm') as {
  LoadedPolicy: LoadedPolicyClass;
};

/** The module aborted the evaluation, for example because complete rules conflict. OPA's message has the file and line. */
export class WasmAbort extends Error {
  override readonly name = 'WasmAbort';
}

/** The module needs more memory than its limit. */
export class OutOfMemory extends Error {
  override readonly name = 'OutOfMemory';
}

/** The input is neither JSON nor Rego text. */
export class InvalidInput extends Error {
  override readonly name = 'InvalidInput';
}

export interface WasmModule {
  entrypoints: readonly string[];
  /** The builtins that the module calls and does not implement itself. */
  requiredBuiltins: readonly string[];
  /** The size of the memory. It never shrinks, so this is also the most that was ever used. */
  memoryBytes(): number;
  /**
   * Replaces the data document (JSON text). Throws Error for text that is not JSON, and OutOfMemory; after either
   * the module has no usable data.
   */
  setData(data: Uint8Array): void;
  /** The data document, exact. */
  data(): RegoValue;
  /**
   * The result as JSON; undefined if the entrypoint is undefined. `input` is JSON text; without it, `input` is undefined.
   * Sets are arrays in OPA's order. Those at most `unsortedLevels` deep (the result itself is level 1) come in any order, which
   * saves the time to sort them. Throws WasmAbort, OutOfMemory and InvalidInput, after which the module can be used again, and
   * whatever else WASM throws (for example on a stack overflow), after which it cannot.
   */
  evaluate(entrypoint: string, input: Uint8Array | undefined, unsortedLevels?: number): JsonValue | undefined;
  /** The same as an exact value of Rego. */
  evaluateExact(entrypoint: string, input: Uint8Array | undefined): RegoValue | undefined;
}

/** Rejects with Error for bytes that are not a module of OPA, or whose memory cannot be bounded. Runs nothing of it yet. */
export async function compileModule(wasm: Uint8Array): Promise<CompiledModule> {
  requireBounds(wasm);
  return WebAssembly.compile(exportStackPointer(hookModule(wasm)));
}

/**
 * Instantiates a module that OPA compiled, with an empty data document and at most `maxMemoryBytes` of memory. Throws Error
 * for a module of an unknown ABI. A call of a builtin that is not in `builtins` aborts the evaluation.
 */
export function instantiateModule(
  compiled: CompiledModule,
  builtins: ReadonlyMap<string, Builtin>,
  maxMemoryBytes: number,
): WasmModule {
  const memory = new WebAssembly.Memory({
    initial: INITIAL_PAGES,
    maximum: Math.min(MAX_PAGES, Math.floor(maxMemoryBytes / PAGE_BYTES)),
  });
  const names = new Map<number, string>();
  const isConstant = (address: number) => address < policy.dataHeapPtr;
  const reader = createValueReader(memory, (table) => order.entries(table), isConstant);
  const order: TableOrder = createTableOrder(reader);
  const lookups = createLookups(reader, isConstant);

  function builtinOf(id: number): Builtin {
    const name = id < FIRST_NATIVE ? names.get(id) : NATIVES[id - FIRST_NATIVE]?.builtin;
    const builtin = name === undefined ? undefined : builtins.get(name);
    if (builtin === undefined) throw new WasmAbort(`not provided: builtin ${name ?? id}`);
    return builtin;
  }
  function call(id: number, _context: number, ...operands: number[]): number {
    reader.refresh();
    const result = builtinOf(id)(...operands.map(reader.valueAt));
    return result === undefined ? UNDEFINED : writer.write(result);
  }
  function callWithOne(id: number, context: number, operand: number): number {
    reader.refresh();
    return id === HOST_CALLS.hash ? lookups.hash(operand) : call(id, context, operand);
  }
  /** Most calls are for the next key. */
  function callWithTwo(id: number, context: number, one: number, other: number): number {
    reader.refresh();
    if (id === HOST_CALLS.nextKey) return order.next(one, other);
    if (id === HOST_CALLS.dataMember) return lookups.dataMember(one, other);
    return id === HOST_CALLS.item ? lookups.item(one, other) : call(id, context, one, other);
  }
  const env = {
    memory,
    opa_abort: (message: number) => {
      const text = read(message);
      throw text.startsWith(MALLOC_FAILED) ? new OutOfMemory(text) : new WasmAbort(text);
    },
    opa_println: () => undefined,
    opa_builtin0: call,
    opa_builtin1: callWithOne,
    opa_builtin2: callWithTwo,
    opa_builtin3: call,
    opa_builtin4: call,
  };
  const instance = new WebAssembly.Instance(compiled, { env });
  const abi = instance.exports as Abi;
  requireAbi(abi);
  const writer = createValueWriter(memory, abi.opa_malloc, abi.opa_value_parse);

  for (const [name, id] of Object.entries(idsOf(abi.builtins()))) names.set(id, name);
  const policy = new LoadedPolicy({ instance }, memory, abi.opa_wasm_abi_minor_version.value);
  const entrypointIds = new Map(Object.entries(policy.entrypoints));

  return {
    entrypoints: [...entrypointIds.keys()],
    requiredBuiltins: [...names.values()],
    memoryBytes: () => memory.buffer.byteLength,
    setData(text) {
      try {
        onOwnStack(() => policy.setData(toArrayBuffer(text)));
      } catch (error) {
        // The package throws a string for text that is not JSON.
        throw typeof error === 'string' ? new Error('the data are not JSON') : error;
      }
      order.forgetAll(policy.dataHeapPtr);
      reader.forgetConstants();
      lookups.forgetData();
    },
    data() {
      reader.refresh();
      return reader.valueAt(policy.dataAddr);
    },
    evaluate(entrypoint, input, unsortedLevels = 0) {
      const result = evaluate(entrypoint, input);
      return result === UNDEFINED ? undefined : reader.jsonAt(result, unsortedLevels);
    },
    evaluateExact(entrypoint, input) {
      const result = evaluate(entrypoint, input);
      return result === UNDEFINED ? undefined : reader.valueAt(result);
    },
  };

  /** The address of the result; UNDEFINED where the entrypoint is. */
  function evaluate(entrypoint: string, input: Uint8Array | undefined): number {
    const id = entrypointIds.get(entrypoint);
    if (id === undefined) throw new WasmAbort(`no entrypoint ${entrypoint}`);
    const { dataAddr, dataHeapPtr: heap } = policy;
    const bytes = input?.byteLength ?? 0;
    order.forgetEvaluation();
    reserve(heap + bytes);
    if (input !== undefined) new Uint8Array(memory.buffer).set(input, heap);
    const results = onOwnStack(() => {
      abi.opa_heap_ptr_set(heap + bytes);
      const context = abi.opa_eval_ctx_new();
      if (input !== undefined) abi.opa_eval_ctx_set_input(context, parseInput(heap, bytes));
      abi.opa_eval_ctx_set_data(context, dataAddr);
      abi.opa_eval_ctx_set_entrypoint(context, id);
      abi.eval(context);
      reader.refresh();
      return abi.opa_eval_ctx_get_result(context);
    });
    return onlyResult(results);
  }

  function parseInput(heap: number, bytes: number): number {
    const address = abi.opa_value_parse(heap, bytes);
    if (address === UNDEFINED) throw new InvalidInput('the input is not JSON');
    return address;
  }

  /** The result set of an entrypoint has at most one member, `{"result": …}`. */
  function onlyResult(results: number): number {
    const [first] = reader.entriesOf(results);
    const [member] = first === undefined ? [] : reader.entriesOf(reader.keyOf(first));
    return member === undefined ? UNDEFINED : reader.valueOf(member);
  }

  function onOwnStack<T>(run: () => T): T {
    const pointer = abi[STACK_POINTER].value;
    try {
      return run();
    } finally {
      abi[STACK_POINTER].value = pointer;
    }
  }

  function idsOf(address: number): Record<string, number> {
    return JSON.parse(read(abi.opa_json_dump(address)));
  }

  /** The text at an address, which ends with a NUL. */
  function read(address: number): string {
    const bytes = Buffer.from(memory.buffer);
    return bytes.toString('utf8', address, bytes.indexOf(0, address));
  }

  function reserve(bytes: number): void {
    const missing = bytes - memory.buffer.byteLength;
    if (missing <= 0) return;
    try {
      memory.grow(Math.ceil(missing / PAGE_BYTES));
    } catch (cause) {
      throw new OutOfMemory((cause as Error).message, { cause });
    }
  }
}

function requireAbi(abi: Partial<Abi>): void {
  const [major, minor] = [abi.opa_wasm_abi_version?.value, abi.opa_wasm_abi_minor_version?.value ?? 0];
  if (major !== ABI_VERSION || minor < MIN_ABI_MINOR_VERSION) {
    throw new Error(`not a policy module: ABI ${major}.${minor}, wanted ${ABI_VERSION}.${MIN_ABI_MINOR_VERSION}`);
  }
}

/** The package takes an ArrayBuffer of exactly these bytes; the one behind a Node Buffer is a pool that others share. */
function toArrayBuffer(bytes: Uint8Array): ArrayBuffer {
  return new Uint8Array(bytes).buffer;
}
