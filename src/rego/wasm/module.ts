import { createRequire } from 'node:module';
import type { Builtin } from '../builtins/builtin.ts';
import { formatRego } from '../value.ts';
import { requireBounds } from './bounds.ts';
import { ASKS, FIRST_NATIVE, hookModule } from './hooks.ts';
import { createLookups } from './lookups.ts';
import { NATIVES } from './natives.ts';
import { createTableOrder, type TableOrder } from './order.ts';
import { exportStackPointer, STACK_POINTER } from './stack-pointer.ts';
import { createValueReader } from './values.ts';
import { createValueWriter } from './writer.ts';

/** TypeScript knows WebAssembly only together with the whole DOM, so this is what we use of it. */
declare const WebAssembly: {
  Memory: new (limits: { initial: number; maximum: number }) => WasmMemory;
  compile(bytes: Uint8Array): Promise<CompiledModule>;
  Instance: new (module: CompiledModule, imports: { env: object }) => { exports: unknown };
};

/** Machine code of a module. It can be posted to other threads, which then need not compile it again. */
export type CompiledModule = object & { readonly brand: 'WebAssembly.Module' };

interface WasmMemory {
  buffer: ArrayBuffer;
  grow(pages: number): void;
}

/** https://www.openpolicyagent.org/docs/wasm: what OPA's modules import and export, as far as we use it. Values are addresses. */
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

/** What opa_malloc aborts with when memory cannot grow. */
const MALLOC_FAILED = 'opa_malloc: failed';
const ABI_VERSION = 1;
/** The first with `opa_eval`. */
const MIN_ABI_MINOR_VERSION = 2;
const PAGE_BYTES = 65_536;
const INITIAL_PAGES = 32;
const UNDEFINED = 0;

/** What we use of the package's class; its types do not resolve for ES modules. */
interface LoadedPolicy {
  entrypoints: Record<string, number>;
  dataAddr: number;
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

/** WASM gave up: conflicting rules and other errors of policy, with the Rego file and line where OPA says them. */
export class WasmAbort extends Error {
  override readonly name = 'WasmAbort';
}

/** An evaluation wanted more memory than it may have. */
export class OutOfMemory extends Error {
  override readonly name = 'OutOfMemory';
}

export interface WasmModule {
  entrypoints: readonly string[];
  /** What the module wants of its host. */
  builtins: readonly string[];
  /** Its memory as it is now. It never shrinks: this is the most that it ever took. */
  memoryBytes(): number;
  /** Replaces the data document (JSON text). Throws Error for what is not JSON. */
  setData(data: Uint8Array): void;
  /**
   * The result set as JSON: `[{"result": …}]`, or empty where the entrypoint is undefined. `input` is JSON text; without it,
   * `input` is undefined. Sets are arrays in OPA's order, except for those at most `unsorted` levels deep (the result set is
   * level 1, its members 2, `result` 3): callers sort these themselves. Throws WasmAbort and OutOfMemory, which leave the
   * module usable, and what else WASM throws (on a stack overflow, or a fault of OPA's), which does not.
   */
  evaluate(entrypoint: string, input: Uint8Array | undefined, unsorted?: number): unknown;
  /** The same as Rego text. */
  evaluateToRego(entrypoint: string, input: Uint8Array | undefined): string;
}

/** Rejects with Error for what is no module, or one whose memory nobody could bound. None of it runs yet. */
export async function compileModule(wasm: Uint8Array): Promise<CompiledModule> {
  requireBounds(wasm);
  return WebAssembly.compile(exportStackPointer(hookModule(wasm)));
}

/**
 * Instantiates a module that OPA compiled, with an empty data document and at most `maxMemoryBytes`. Throws Error for what
 * is no such module, or of an ABI that we do not know. A builtin that `builtins` lacks aborts the evaluation that calls it.
 */
export function instantiateModule(
  compiled: CompiledModule,
  builtins: ReadonlyMap<string, Builtin>,
  maxMemoryBytes: number,
): WasmModule {
  const memory = new WebAssembly.Memory({ initial: INITIAL_PAGES, maximum: Math.floor(maxMemoryBytes / PAGE_BYTES) });
  const names = new Map<number, string>();
  const reader = createValueReader(
    memory,
    (table) => order.entries(table),
    (address) => address < policy.dataHeapPtr,
  );
  const order: TableOrder = createTableOrder(reader);
  const lookups = createLookups(reader, (address) => address < policy.dataHeapPtr);

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
    return id === ASKS.hash ? lookups.hash(operand) : call(id, context, operand);
  }
  /** Most calls ask for the next key. */
  function callWithTwo(id: number, context: number, one: number, other: number): number {
    reader.refresh();
    if (id === ASKS.nextKey) return order.next(one, other);
    if (id === ASKS.dataMember) return lookups.dataMember(one, other);
    return id === ASKS.item ? lookups.item(one, other) : call(id, context, one, other);
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

  function entrypointId(entrypoint: string): number {
    const id = Object.hasOwn(policy.entrypoints, entrypoint) ? policy.entrypoints[entrypoint] : undefined;
    if (id === undefined) throw new WasmAbort(`no entrypoint ${entrypoint}`);
    return id;
  }

  return {
    entrypoints: Object.keys(policy.entrypoints),
    builtins: [...names.values()],
    memoryBytes: () => memory.buffer.byteLength,
    setData(text) {
      policy.setData(toArrayBuffer(text));
      order.forgetAll(policy.dataHeapPtr);
      reader.forgetConstants();
      lookups.forgetData();
    },
    evaluate: (entrypoint, input, unsorted = 0) => reader.jsonAt(evaluate(entrypoint, input), unsorted),
    evaluateToRego: (entrypoint, input) => formatRego(reader.valueAt(evaluate(entrypoint, input))),
  };

  /** The address of the result set. */
  function evaluate(entrypoint: string, input: Uint8Array | undefined): number {
    const { dataAddr, dataHeapPtr } = policy;
    const id = entrypointId(entrypoint);
    const bytes = input?.byteLength ?? 0;
    order.forgetEvaluation();
    reserve(dataHeapPtr + bytes);
    if (input !== undefined) new Uint8Array(memory.buffer).set(input, dataHeapPtr);
    return onOwnStack(() => {
      abi.opa_heap_ptr_set(dataHeapPtr + bytes);
      const context = abi.opa_eval_ctx_new();
      if (input !== undefined) abi.opa_eval_ctx_set_input(context, abi.opa_value_parse(dataHeapPtr, bytes));
      abi.opa_eval_ctx_set_data(context, dataAddr);
      abi.opa_eval_ctx_set_entrypoint(context, id);
      abi.eval(context);
      reader.refresh();
      return abi.opa_eval_ctx_get_result(context);
    });
  }

  function onOwnStack<T>(evaluate: () => T): T {
    const pointer = abi[STACK_POINTER].value;
    try {
      return evaluate();
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

/** The package wants an ArrayBuffer of exactly these bytes; the one behind a Node Buffer is a pool that others share. */
function toArrayBuffer(bytes: Uint8Array): ArrayBuffer {
  return new Uint8Array(bytes).buffer;
}
