import { parentPort } from 'node:worker_threads';
import { openModule, type RegoEvaluator } from '../../src/rego/rego.ts';
import { type Answer, valueAnswer } from './answer.ts';

/** The module that all calls go through, then one call after the other. */
export type Task = { wasm: Uint8Array } | { entrypoint: string; input: string };

/** As OPA has it: certificates and tokens may hold from or until some instant. */
const NOW_NS = BigInt(Date.now()) * 1_000_000n;
const encoder = new TextEncoder();
let opening: Promise<RegoEvaluator> | undefined;

parentPort?.on('message', async (task: Task) => {
  if ('wasm' in task) opening = openModule(task.wasm);
  else parentPort?.postMessage(await answer(task.entrypoint, task.input));
});

async function answer(entrypoint: string, input: string): Promise<Answer> {
  const evaluator = await opening;
  if (evaluator === undefined) return { outcome: 'lost', reason: 'there is no module' };
  const result = evaluator.evaluateExact(entrypoint, encoder.encode(input), { now: NOW_NS });
  if (result.status === 'undefined') return { outcome: 'undefined' };
  if (result.status === 'defined') return valueAnswer(result.value);
  const { code, message, builtinErrors } = result.failure;
  if (code !== 'builtin_error') return { outcome: 'lost', reason: message };
  return { outcome: 'error', message: builtinErrors[0]?.message ?? '' };
}
