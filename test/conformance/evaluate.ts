import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Answer, Task } from './worker.ts';

const TIME_LIMIT_MS = 10_000;

/** Evaluates one task after the other in a thread of its own, which is ended when a task takes longer than the limit. */
export class CaseRunner {
  #worker: Worker | undefined;

  async evaluate(task: Task): Promise<Answer> {
    this.#worker ??= new Worker(new URL('./worker.ts', import.meta.url));
    const worker = this.#worker;
    worker.postMessage(task);
    try {
      const [result] = await once(worker, 'message', { signal: AbortSignal.timeout(TIME_LIMIT_MS) });
      return result as Answer;
    } catch (error) {
      await this.close();
      const abort = (error as Error).name === 'AbortError' ? `no answer in ${TIME_LIMIT_MS} ms` : String(error);
      return { text: null, builtinErrors: [], abort };
    }
  }

  async close(): Promise<void> {
    await this.#worker?.terminate();
    this.#worker = undefined;
  }
}
