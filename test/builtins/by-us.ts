import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Builtin, BuiltinTable } from '../../src/rego/builtins/builtin.ts';
import { parseRego, type RegoValue } from '../../src/rego/value.ts';
import { type Answer, valueAnswer } from './answer.ts';
import type { Call } from './by-opa.ts';
import { compileCalls, entrypointOf } from './compile.ts';
import type { DeclaredBuiltin } from './declared.ts';
import type { Task } from './worker.ts';

const TIME_LIMIT_MS = 10_000;

/** What our evaluator answers, through WASM as in production. A call that does not end is ended, and is `lost`. */
export async function createEvaluation(opa: string, builtins: readonly DeclaredBuiltin[]) {
  const wasm = await compileCalls(opa, builtins);
  let worker: Worker | undefined;

  function open(): Worker {
    const opened = new Worker(new URL('./worker.ts', import.meta.url));
    opened.postMessage({ wasm } satisfies Task);
    return opened;
  }

  async function close(): Promise<void> {
    await worker?.terminate();
    worker = undefined;
  }

  return {
    close,
    async answer({ builtin, args }: Call): Promise<Answer> {
      worker ??= open();
      worker.postMessage({ entrypoint: entrypointOf(builtin), input: args } satisfies Task);
      const limit = new AbortController();
      const timer = setTimeout(() => limit.abort(), TIME_LIMIT_MS);
      try {
        const [answer] = await once(worker, 'message', { signal: limit.signal });
        return answer as Answer;
      } catch (error) {
        await close();
        const reason = limit.signal.aborted ? `no answer in ${TIME_LIMIT_MS} ms` : String(error);
        return { outcome: 'lost', reason };
      } finally {
        clearTimeout(timer);
      }
    },
  };
}

/** What the TypeScript functions of a table answer by themselves, for functions that no module calls yet. */
export function answerDirectly(table: BuiltinTable, { builtin, args }: Call): Answer {
  const called = table[builtin.name] as Builtin | undefined;
  if (called === undefined) return { outcome: 'lost', reason: 'no such function in the table' };
  try {
    const value = called(...(parseRego(args) as RegoValue[]));
    return value === undefined ? { outcome: 'undefined' } : valueAnswer(value);
  } catch (error) {
    return { outcome: 'error', message: (error as Error).message };
  }
}
