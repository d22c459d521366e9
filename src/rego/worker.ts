import { documentText, regoValueOf } from './document.ts';
import { RegoError, type RegoErrorCode } from './errors.ts';
import type { DataPatch, EvaluateJsonOptions, EvaluateOptions, RegoOptions } from './evaluator.ts';
import { moduleOf } from './open.ts';
import { failed, type RegoResult } from './result.ts';
import { formatRego, type JsonValue, parseRego, type RegoValue } from './value.ts';
import type { CompiledModule } from './wasm/module.ts';
import { openThread, type Thread, ThreadLost } from './worker-handle.ts';
import type { Answer, Started, Task } from './worker-thread.ts';

export interface WorkerOptions extends Omit<RegoOptions, 'builtins'> {
  /** The most time that one evaluation may take, in milliseconds of elapsed time. */
  timeoutMs: number;
  /** The most time that starting the thread, opening the policy or taking over other data may take; default 60,000. */
  startTimeoutMs?: number;
  /** The most JavaScript heap of the thread, for what builtins and results take, in bytes; default 256 MiB. */
  maxHeapBytes?: number;
  /** A module, as URL, whose export `builtins` is a table as in RegoOptions: functions cannot be posted to a thread. */
  builtinsModule?: URL;
}

/**
 * A policy in a thread of its own. An evaluation cannot be interrupted in the thread that runs it, so only a worker bounds
 * its time: a thread that takes too long is ended, and another one with the same data takes its place. Calls are served one
 * after the other; start several workers to evaluate in parallel. An idle worker does not keep the process alive.
 *
 * Calls reject with RegoError `worker_unavailable` where no thread can be started, and after `close`.
 */
export interface RegoWorker {
  readonly entrypoints: readonly string[];
  readonly requiredBuiltins: readonly string[];
  /** As RegoEvaluator.evaluate; the failure may also be `timeout`. */
  evaluate(entrypoint: string, input?: unknown, options?: EvaluateJsonOptions): Promise<RegoResult<JsonValue>>;
  /** As RegoEvaluator.evaluateExact; the failure may also be `timeout`. */
  evaluateExact(entrypoint: string, input?: unknown, options?: EvaluateOptions): Promise<RegoResult<RegoValue>>;
  /** As RegoEvaluator.replaceData. */
  replaceData(data: unknown): Promise<void>;
  /** As RegoEvaluator.patchData. */
  patchData(...operations: DataPatch[]): Promise<void>;
  /** Ends the thread when all calls before it are served. */
  close(): Promise<void>;
}

const START_TIMEOUT_MS = 60_000;
const DEFAULT_HEAP_BYTES = 256 * 1024 ** 2;

/**
 * Starts a worker for a policy module, as bytes or compiled. Rejects as openModule does, and with RegoError
 * `worker_unavailable`.
 */
export async function startWorker(wasm: Uint8Array | CompiledModule, options: WorkerOptions): Promise<RegoWorker> {
  const {
    timeoutMs,
    startTimeoutMs = START_TIMEOUT_MS,
    maxHeapBytes = DEFAULT_HEAP_BYTES,
    builtinsModule,
    ...settings
  } = options;
  const module = await moduleOf(wasm);
  let data = orDataInvalid(() => documentText(settings.data ?? {}));
  let thread: Thread | null = null;
  let closed = false;
  let lastCall: Promise<unknown> = Promise.resolve();

  const { entrypoints, requiredBuiltins } = await start();

  async function start(): Promise<Started> {
    const workerData = { module, options: { ...settings, data }, builtinsModule: builtinsModule?.href };
    const started = openThread(workerData, maxHeapBytes);
    try {
      const first = resultOrThrow(await started.next<Started | Answer>(startTimeoutMs)) as Started;
      thread = started;
      return first;
    } catch (error) {
      await started.end();
      throw unavailable('The worker cannot be started', error);
    }
  }

  /** Calls are served in their order. */
  function inTurn<T>(serve: () => Promise<T>): Promise<T> {
    const call = lastCall.then(serve);
    lastCall = call.catch(() => {});
    return call;
  }

  /** Rejects with ThreadLost; the next call starts another thread. */
  async function ask(task: Task, limitMs: number): Promise<Answer> {
    if (thread === null || thread.isLost()) await start();
    const current = thread as Thread;
    try {
      current.post(task);
      return await current.next<Answer>(limitMs);
    } catch (error) {
      thread = null;
      await current.end();
      throw error;
    }
  }

  async function evaluate<T extends JsonValue>(entrypoint: string, task: () => Task): Promise<RegoResult<T>> {
    requireOpen();
    let ready: Task;
    try {
      ready = task();
    } catch (error) {
      return failed({ code: 'input_invalid', message: (error as Error).message, entrypoint });
    }
    return inTurn(async () => {
      try {
        const answer = resultOrThrow(await ask(ready, timeoutMs)) as { result: RegoResult<T> };
        return answer.result;
      } catch (error) {
        if (!(error instanceof ThreadLost)) throw error;
        return failed({ code: error.code, message: error.message, entrypoint });
      }
    });
  }

  async function change(task: () => Task): Promise<void> {
    requireOpen();
    const ready = orDataInvalid(task);
    await inTurn(async () => {
      try {
        const answer = resultOrThrow(await ask(ready, startTimeoutMs)) as { data: Uint8Array };
        data = answer.data;
      } catch (error) {
        throw unavailable('The data cannot be taken over', error);
      }
    });
  }

  function requireOpen(): void {
    if (closed) throw new RegoError('worker_unavailable', 'The worker is closed.');
  }

  return {
    entrypoints,
    requiredBuiltins,
    evaluate: (entrypoint, input, options = {}) =>
      evaluate(entrypoint, () => ({ evaluate: entrypoint, input: inputText(input), options })),
    async evaluateExact(entrypoint, input, options = {}) {
      const task = () => ({ evaluateExact: entrypoint, input: inputText(input), options });
      const result = await evaluate<string>(entrypoint, task);
      return result.status === 'defined' ? { ...result, value: parseRego(result.value) } : result;
    },
    replaceData: (document) => change(() => ({ replaceData: documentText(document) })),
    patchData: (...operations) => change(() => ({ patchData: formatRego(regoValueOf(operations)) })),
    async close() {
      closed = true;
      await inTurn(async () => thread?.end());
    },
  };
}

function inputText(input: unknown): Uint8Array | undefined {
  return input === undefined ? undefined : documentText(input);
}

function orDataInvalid<T>(run: () => T): T {
  try {
    return run();
  } catch (cause) {
    throw new RegoError('data_invalid', `The data cannot be used: ${(cause as Error).message}.`, { cause });
  }
}

/** Throws RegoError where the thread answered with one. */
function resultOrThrow<T extends object>(answer: T): Exclude<T, { error: unknown }> {
  if (!('error' in answer)) return answer as Exclude<T, { error: unknown }>;
  const { code, message } = answer.error as { code: RegoErrorCode; message: string };
  throw new RegoError(code, message);
}

function unavailable(what: string, error: unknown): RegoError {
  if (error instanceof RegoError) return error;
  const code = error instanceof ThreadLost && error.code === 'out_of_memory' ? 'out_of_memory' : 'worker_unavailable';
  return new RegoError(code, `${what}: ${(error as Error).message}.`, { cause: error });
}
