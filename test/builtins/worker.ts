import { parentPort } from 'node:worker_threads';
import { createRegoEvaluator, type RegoEvaluator } from '../../src/rego/evaluator.ts';
import { parseRego, type RegoValue } from '../../src/rego/value.ts';
import { type Answer, valueAnswer } from './answer.ts';

/** The module that all calls go through, then one call after the other. */
export type Task = { wasm: Uint8Array } | { entrypoint: string; input: string };

/** As OPA has it: certificates and tokens may hold from or until some instant. */
const NOW_NS = BigInt(Date.now()) * 1_000_000n;
const encoder = new TextEncoder();
let opening: Promise<RegoEvaluator> | undefined;

parentPort?.on('message', async (task: Task) => {
  if ('wasm' in task) opening = createRegoEvaluator(task.wasm, encoder.encode('{}'));
  else parentPort?.postMessage(await answer(task.entrypoint, task.input));
});

async function answer(entrypoint: string, input: string): Promise<Answer> {
  const evaluator = await opening;
  if (evaluator === undefined) return { outcome: 'lost', reason: 'there is no module' };
  const { results, builtinErrors, abort } = evaluator.evaluateToRego(entrypoint, encoder.encode(input), NOW_NS);
  if (results === null) return { outcome: 'lost', reason: abort ?? 'no result' };
  const [error] = builtinErrors;
  if (error !== undefined) return { outcome: 'error', message: error.message };
  const [found] = parseRego(results) as { result: RegoValue }[];
  return found === undefined ? { outcome: 'undefined' } : valueAnswer(found.result);
}
