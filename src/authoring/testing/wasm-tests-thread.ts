import { parentPort, workerData } from 'node:worker_threads';
import { createRegoEvaluator } from '../../rego/evaluator.ts';
import type { EvaluationTask, WasmAnswer } from './wasm-tests.ts';

const { wasm, data, entrypoints } = workerData as EvaluationTask;

const evaluator = await createRegoEvaluator(wasm, data);
for (const entrypoint of entrypoints) {
  const nowNs = BigInt(Date.now()) * 1_000_000n;
  const { results, abort } = evaluator.evaluateToRego(entrypoint, undefined, nowNs);
  parentPort?.postMessage({ entrypoint, results, abort } satisfies WasmAnswer);
}
