import {
  formatRego,
  MAX_MEMORY_BYTES,
  RegoError,
  type RegoResult,
  type RegoValue,
  startWorker,
} from '../../rego/rego.ts';

/** What is to be evaluated without input: data is JSON text. */
export interface EvaluationTask {
  wasm: Uint8Array;
  data: Uint8Array;
  entrypoints: readonly string[];
}

export interface WasmAnswer {
  entrypoint: string;
  /** The value as Rego text; null where it is undefined or the evaluation was given up. */
  value: string | null;
  abort: string | null;
}

export type EvaluateAll = (task: EvaluationTask) => Promise<WasmAnswer[]>;

/** Within which a test has to end. OPA's interpreter takes less than a second for what one says at most. */
const TEST_MS = 30_000;
/** What builtins and results of a test may take in JavaScript. */
const HEAP_BYTES = 2 * 1024 ** 3;

/** Evaluates entrypoints in a thread, one after the other. One that does not end within 30 s is given up. */
export async function evaluateInThread(task: EvaluationTask, testMs = TEST_MS): Promise<WasmAnswer[]> {
  const { wasm, data, entrypoints } = task;
  try {
    const worker = await startWorker(wasm, {
      data,
      timeoutMs: testMs,
      startTimeoutMs: testMs,
      // Tests fail, mock what policy may not call, and take what memory they take, as they may in `opa test`.
      builtinErrors: 'undefined',
      missingBuiltins: 'abort',
      maxMemoryBytes: MAX_MEMORY_BYTES,
      maxHeapBytes: HEAP_BYTES,
    });
    const answers: WasmAnswer[] = [];
    for (const entrypoint of entrypoints) answers.push(answerOf(entrypoint, await worker.evaluateExact(entrypoint)));
    await worker.close();
    return answers;
  } catch (error) {
    if (!(error instanceof RegoError)) throw error;
    return entrypoints.map((entrypoint) => ({ entrypoint, value: null, abort: error.message }));
  }
}

function answerOf(entrypoint: string, result: RegoResult<RegoValue>): WasmAnswer {
  return {
    entrypoint,
    value: result.status === 'defined' ? formatRego(result.value) : null,
    abort: result.status === 'failed' ? result.failure.message : null,
  };
}
