import { parentPort } from 'node:worker_threads';
import type { BuiltinError } from '../../src/contract/record.ts';
import { MAX_MEMORY_BYTES, openModule } from '../../src/rego/rego.ts';
import { formatRego } from '../../src/rego/value.ts';
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
  /** The result set as Rego text: a set of `{"result": …}`, or of nothing; null where the evaluation was given up. */
  text: string | null;
  builtinErrors: BuiltinError[];
  abort: string | null;
}

parentPort?.on('message', async (task: Task) => parentPort?.postMessage(await evaluate(task)));

async function evaluate({ wasm, data, input }: Task): Promise<Answer> {
  try {
    const evaluator = await openModule(wasm, {
      data: encoder.encode(data),
      builtinErrors: 'undefined',
      maxMemoryBytes: MAX_MEMORY_BYTES,
    });
    const bytes = input === undefined ? undefined : encoder.encode(input);
    const result = evaluator.evaluateExact(ENTRYPOINT, bytes, { now: NOW_NS });
    if (result.status === 'failed') {
      const { message, builtinErrors } = result.failure;
      return { text: null, builtinErrors: [...builtinErrors], abort: message };
    }
    const results = result.status === 'defined' ? [{ result: result.value }] : [];
    const text = formatRego(new Set(results));
    return { text, builtinErrors: [...result.builtinErrors], abort: null };
  } catch (error) {
    return { text: null, builtinErrors: [], abort: String(error) };
  }
}
