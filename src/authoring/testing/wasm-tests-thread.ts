import { parentPort, workerData } from 'node:worker_threads';
import { MAX_MEMORY_BYTES, openModule } from '../../rego/evaluator.ts';
import { formatRego } from '../../rego/value.ts';
import type { EvaluationTask, WasmAnswer } from './wasm-tests.ts';

const { wasm, data, entrypoints } = workerData as EvaluationTask;

// Tests fail, mock what policy may not call, and take what memory they take, as they may in `opa test`.
const evaluator = await openModule(wasm, {
  data,
  builtinErrors: 'undefined',
  missingBuiltins: 'abort',
  maxMemoryBytes: MAX_MEMORY_BYTES,
});
for (const entrypoint of entrypoints) {
  const result = evaluator.evaluateExact(entrypoint);
  const value = result.status === 'defined' ? formatRego(result.value) : null;
  const abort = result.status === 'failed' ? result.failure.message : null;
  parentPort?.postMessage({ entrypoint, value, abort } satisfies WasmAnswer);
}
