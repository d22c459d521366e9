import { parentPort } from 'node:worker_threads';
import { createRegoEvaluator, type RawResult } from '../../src/policy/rego-evaluator.ts';
import { ENTRYPOINT } from './compile.ts';

/** One evaluation: a module, its data (JSON text) and its input (Rego text). */
export interface Task {
  wasm: Uint8Array;
  data: string;
  input: string | undefined;
}

const NOW_NS = 1_795_348_800_000_000_000n;
const encoder = new TextEncoder();

/** How it ended; `callsHost`: the module has calls that WASM leaves to its host. */
export interface Answer extends RawResult {
  callsHost: boolean;
}

parentPort?.on('message', async (task: Task) => parentPort?.postMessage(await evaluate(task)));

async function evaluate({ wasm, data, input }: Task): Promise<Answer> {
  try {
    const evaluator = await createRegoEvaluator(wasm, encoder.encode(data));
    const bytes = input === undefined ? undefined : encoder.encode(input);
    return { ...evaluator.evaluate(ENTRYPOINT, bytes, NOW_NS, 'rego'), callsHost: evaluator.builtins.length > 0 };
  } catch (error) {
    return { text: null, builtinErrors: [], abort: String(error), callsHost: false };
  }
}
