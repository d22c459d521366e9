import { parentPort } from 'node:worker_threads';
import type { BuiltinError } from '../../src/contract/record.ts';
import { createRegoEvaluator } from '../../src/rego/evaluator.ts';
import { ENTRYPOINT } from './compile.ts';

/** One evaluation: a module, its data (JSON text) and its input (Rego text). */
export interface Task {
  wasm: Uint8Array;
  data: string;
  input: string | undefined;
}

const NOW_NS = 1_795_348_800_000_000_000n;
const encoder = new TextEncoder();

/** How it ended. */
export interface Answer {
  /** The result set as Rego text; null where the evaluation was given up. */
  text: string | null;
  builtinErrors: BuiltinError[];
  abort: string | null;
}

parentPort?.on('message', async (task: Task) => parentPort?.postMessage(await evaluate(task)));

async function evaluate({ wasm, data, input }: Task): Promise<Answer> {
  try {
    const evaluator = await createRegoEvaluator(wasm, encoder.encode(data));
    const bytes = input === undefined ? undefined : encoder.encode(input);
    const { results: text, builtinErrors, abort } = evaluator.evaluateToRego(ENTRYPOINT, bytes, NOW_NS);
    return { text, builtinErrors, abort };
  } catch (error) {
    return { text: null, builtinErrors: [], abort: String(error) };
  }
}
