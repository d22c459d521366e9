import { parentPort, workerData } from 'node:worker_threads';
import { AppError, type ErrorCode } from '../base/errors.ts';
import type { SigningKey } from '../base/jws.ts';
import type { EvaluationFault } from '../domain/decision.ts';
import { createDecider, type Decided, type Draft, type Maker } from './decider.ts';
import { JobWatch } from './monitor.ts';
import { openPolicy, type PolicySource } from './policy.ts';

/*
 * A thread that decides: it evaluates, records and signs one draft after the other. It keeps nothing, so that it can be
 * ended at any moment and its drafts be given to another one.
 */

export interface ThreadData {
  source: PolicySource;
  evaluationMemoryBytes: number;
  key: SigningKey;
  maker: Maker;
  watch: SharedArrayBuffer;
}

/** `refusal`: it was tried, ended like this, and is only to be recorded. */
export interface Task {
  number: number;
  draft: Draft;
  refusal: { code: EvaluationFault['fault']; detail: string } | null;
}

/** `failure`: nothing was decided. Threads hand over no classes, so an AppError comes as its code and message. */
export type TaskResult =
  | { number: number; decided: Decided }
  | { number: number; failure: { code: ErrorCode; message: string } };

const { source, evaluationMemoryBytes, key, maker, watch: buffer } = workerData as ThreadData;
const watch = new JobWatch(buffer);
parentPort?.postMessage('opening'); // From here on the module runs, which may loop.
const policy = await openPolicy(source, evaluationMemoryBytes);
const decider = createDecider({
  policy: { ...policy, evaluate: (inputText, now) => watch.timed(() => policy.evaluate(inputText, now)) },
  key,
  maker,
});

function settle({ number, draft, refusal }: Task): TaskResult {
  watch.begin(number);
  try {
    const decided = refusal === null ? decider.decide(draft) : decider.refuse(draft, refusal.code, refusal.detail);
    return { number, decided };
  } catch (error) {
    const code = error instanceof AppError ? error.code : 'internal';
    const message = error instanceof AppError ? error.message : ((error as Error).stack ?? String(error));
    return { number, failure: { code, message } };
  } finally {
    watch.end();
  }
}

parentPort?.on('message', (tasks: readonly Task[]) => parentPort?.postMessage(tasks.map(settle)));
parentPort?.postMessage('ready');
