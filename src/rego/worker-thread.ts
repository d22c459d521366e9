import { parentPort, workerData } from 'node:worker_threads';
import type { BuiltinTable } from './builtins/builtin.ts';
import { RegoError, type RegoErrorCode } from './errors.ts';
import type { DataPatch, EvaluateJsonOptions, RegoOptions } from './evaluator.ts';
import { openModule } from './open.ts';
import type { RegoResult } from './result.ts';
import { formatRego, type JsonValue, parseRego } from './value.ts';
import type { CompiledModule } from './wasm/module.ts';

/** What the thread opens. Code is shared between threads, data that are not in shared memory are copied. */
export interface ThreadData {
  module: CompiledModule;
  options: Omit<RegoOptions, 'builtins'>;
  builtinsModule: string | undefined;
}

/** What the thread is asked to do. */
export type Task =
  | { evaluate: string; input: Uint8Array | undefined; options: EvaluateJsonOptions }
  | { evaluateExact: string; input: Uint8Array | undefined; options: EvaluateJsonOptions }
  | { replaceData: Uint8Array }
  /** A JSON Patch as Rego text. */
  | { patchData: string };

/** What it answers. Classes do not survive being posted: exact values are Rego text, and errors plain objects. */
export type Answer =
  | { result: RegoResult<JsonValue> }
  /** The data document from now on. */
  | { data: Uint8Array }
  | { error: { code: RegoErrorCode; message: string } };

/** Its first message, when the policy is open. */
export interface Started {
  entrypoints: readonly string[];
  requiredBuiltins: readonly string[];
}

const { module, options, builtinsModule } = workerData as ThreadData;

function errorOf(error: unknown): Answer {
  if (error instanceof RegoError) return { error: { code: error.code, message: error.message } };
  throw error;
}

async function open() {
  const { builtins = {} }: { builtins?: BuiltinTable } =
    builtinsModule === undefined ? {} : await import(builtinsModule);
  return openModule(module, { ...options, builtins });
}

function serve(evaluator: Awaited<ReturnType<typeof open>>): void {
  function answer(task: Task): Answer {
    if ('evaluate' in task) return { result: evaluator.evaluate(task.evaluate, task.input, task.options) };
    if ('evaluateExact' in task) {
      const result = evaluator.evaluateExact(task.evaluateExact, task.input, task.options);
      return { result: result.status === 'defined' ? { ...result, value: formatRego(result.value) } : result };
    }
    if ('replaceData' in task) {
      evaluator.replaceData(task.replaceData);
      return { data: task.replaceData };
    }
    evaluator.patchData(...(parseRego(task.patchData) as unknown as DataPatch[]));
    return { data: new TextEncoder().encode(formatRego(evaluator.data())) };
  }

  parentPort?.on('message', (task: Task) => {
    try {
      parentPort?.postMessage(answer(task));
    } catch (error) {
      parentPort?.postMessage(errorOf(error));
    }
  });
  const { entrypoints, requiredBuiltins } = evaluator;
  parentPort?.postMessage({ entrypoints, requiredBuiltins } satisfies Started);
}

await open().then(serve, (error) => parentPort?.postMessage(errorOf(error)));
