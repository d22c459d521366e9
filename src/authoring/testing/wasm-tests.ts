import { Worker } from 'node:worker_threads';
import { workerUrl } from '../../base/worker-url.ts';

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

/** Evaluates entrypoints in a thread, one after the other. One that does not end within 30 s is given up. */
export async function evaluateInThread(task: EvaluationTask, testMs = TEST_MS): Promise<WasmAnswer[]> {
  const answers: WasmAnswer[] = [];
  while (answers.length < task.entrypoints.length) {
    const entrypoints = task.entrypoints.slice(answers.length);
    const why = await evaluateSome({ ...task, entrypoints }, testMs, (answer) => answers.push(answer));
    const entrypoint = task.entrypoints[answers.length];
    if (why !== null && entrypoint !== undefined) answers.push({ entrypoint, value: null, abort: why });
  }
  return answers;
}

/** Resolves with null at the end, or with why the evaluation that comes next was given up. */
function evaluateSome(
  task: EvaluationTask,
  testMs: number,
  onAnswer: (answer: WasmAnswer) => void,
): Promise<string | null> {
  const worker = new Worker(workerUrl('./wasm-tests-thread', import.meta.url), { workerData: task });
  return new Promise((resolve) => {
    const giveUp = () => end(`it takes longer than ${testMs} ms`);
    let timer = setTimeout(giveUp, testMs);
    function end(why: string | null): void {
      clearTimeout(timer);
      worker.removeAllListeners();
      worker.terminate().then(() => resolve(why));
    }
    worker.on('message', (answer: WasmAnswer) => {
      clearTimeout(timer);
      timer = setTimeout(giveUp, testMs);
      onAnswer(answer);
    });
    worker.once('error', (error: Error) => end(error.message));
    worker.once('exit', () => end(null));
  });
}
