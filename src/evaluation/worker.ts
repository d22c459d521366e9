import { parentPort, workerData } from 'node:worker_threads';
import { AppError, type ErrorCode } from '../base/errors.ts';
import type { Sentences } from '../domain/catalogue.ts';
import type { EvaluationFault } from '../domain/decision.ts';
import { type DecisionInput, type Judged, judge, judgeFault } from './judge.ts';
import { EvaluationMonitor } from './monitor.ts';
import { openPolicy, type PolicySource } from './policy.ts';

/*
 * The code of a worker thread. It does one task after the other and keeps nothing, so that the pool can end it at any moment
 * and give its tasks to another one.
 */

export interface WorkerData {
  source: PolicySource;
  evaluationMemoryBytes: number;
  monitor: SharedArrayBuffer;
  /** What `complete` needs in this thread; see EvaluationPoolParts. */
  setup: unknown;
}

/** One task: judge `input`, where there is one, and complete `order` with the judgement, where there is one. */
export interface Task {
  number: number;
  input: DecisionInput | null;
  /** What to do with the judgement, for `complete`. Null: the judgement is the result. */
  order: unknown;
  /** The evaluation of `input` was tried before and ended with this fault: it is judged without evaluating. */
  refusal: { code: EvaluationFault['fault']; detail: string } | null;
}

/**
 * `failure`: the task has no result. Classes cannot be posted between threads, so an AppError is sent as its code and
 * message.
 */
export type TaskResult =
  | { number: number; result: unknown }
  | { number: number; failure: { code: ErrorCode; message: string } };

/** Completes an order in the worker. `judged` is null where the task had no input. Must not wait for anything. */
export type Complete = (judged: Judged | null, order: unknown) => unknown;

/** Opens the policy and does the tasks that the pool sends. Without `complete`, a worker only judges. */
export async function runWorker(complete?: Complete): Promise<void> {
  const { source, evaluationMemoryBytes, monitor: buffer } = workerData as WorkerData;
  const monitor = new EvaluationMonitor(buffer);
  parentPort?.postMessage('opening'); // From here on the module runs, which may loop.
  const opened = await openPolicy(source, evaluationMemoryBytes);
  const policy = {
    ...opened,
    evaluate: (inputText: string, now: string) => monitor.timed(() => opened.evaluate(inputText, now)),
  };

  function perform({ input, order, refusal }: Task): unknown {
    const judged = input && (refusal === null ? judge(input, policy) : judgeFault(input, policy, refusal));
    if (order === null) return judged?.judgement;
    if (complete === undefined) throw new Error('this worker only judges');
    return complete(judged, order);
  }

  function settle(task: Task): TaskResult {
    const { number } = task;
    monitor.begin(number);
    try {
      return { number, result: perform(task) };
    } catch (error) {
      const code = error instanceof AppError ? error.code : 'internal';
      const message = error instanceof AppError ? error.message : ((error as Error).stack ?? String(error));
      return { number, failure: { code, message } };
    } finally {
      monitor.end();
    }
  }

  parentPort?.on('message', (tasks: readonly Task[]) => parentPort?.postMessage(tasks.map(settle)));
  parentPort?.postMessage('ready');
}

/** The sentences of the policy, in a worker. */
export function workerSentences(): Sentences {
  return (workerData as WorkerData).source.sentences;
}

/** `setup` of the pool, in a worker. */
export function workerSetup<Setup>(): Setup {
  return (workerData as WorkerData).setup as Setup;
}
