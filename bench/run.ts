/**
 * Measures the service; see docs/performance.md.
 *
 *   npm run bench                      http, evaluation and steps
 *   npm run bench -- http              or one part: http, evaluation, steps, memory, memory-http, reevaluation, restart,
 *                                      store, search, fairness
 *   npm run bench -- http --rounds 3 --seconds 4 --without-history
 *   npm run bench -- memory --count 100000
 *   npm run bench -- search --count 1000000
 *   npm run bench -- restart --count 100000 --rounds 3
 *   npm run bench -- fairness --rounds 3 --seconds 10
 */
import { parseArgs } from 'node:util';
import { benchEvaluation } from './evaluation.ts';
import { benchFairness } from './fairness.ts';
import { benchHttp } from './http.ts';
import { benchMemory, benchMemoryOverHttp } from './memory.ts';
import { benchReevaluation } from './reevaluation.ts';
import { sayMachine } from './report.ts';
import { benchRestart } from './restart.ts';
import { benchSearch } from './search.ts';
import { benchSteps } from './steps.ts';
import { benchStore } from './store.ts';

interface Options {
  rounds: number | undefined;
  seconds: number | undefined;
  count: number | undefined;
  history: boolean;
}

/** Each part resolves to false where it found a limit broken. */
const PARTS: Readonly<Record<string, (options: Options) => Promise<boolean>>> = {
  http: passing(({ rounds = 5, seconds = 5, history }) => benchHttp({ rounds, seconds, history })),
  evaluation: passing(({ rounds = 9, count = 2000 }) => benchEvaluation({ rounds, count })),
  steps: passing(({ count = 2000 }) => benchSteps(count)),
  memory: ({ count = 1_000_000 }) => benchMemory(count),
  'memory-http': passing(({ count = 100_000 }) => benchMemoryOverHttp(count)),
  reevaluation: passing(({ count = 10_000 }) => benchReevaluation(count)),
  restart: ({ count = 100_000, rounds = 3 }) => benchRestart({ count, rounds }),
  store: passing(({ count = 2000 }) => benchStore(count)),
  search: passing(({ count = 1_000_000 }) => benchSearch(count)),
  fairness: ({ count = 20_000, rounds = 3, seconds = 10 }) => benchFairness({ count, rounds, seconds }),
};
/** The others take many minutes. */
const BY_DEFAULT = ['http', 'evaluation', 'steps'];

function passing(measure: (options: Options) => Promise<void>): (options: Options) => Promise<boolean> {
  return async (options) => {
    await measure(options);
    return true;
  };
}

/** Throws Error for a part or an option that does not exist. */
function readArguments(): { parts: string[]; options: Options } {
  const text = { type: 'string' } as const;
  const { values, positionals } = parseArgs({
    options: { rounds: text, seconds: text, count: text, 'without-history': { type: 'boolean', default: false } },
    allowPositionals: true,
  });
  const unknown = positionals.find((part) => !Object.hasOwn(PARTS, part));
  if (unknown !== undefined) throw new Error(`There is no ${unknown}; the parts are ${Object.keys(PARTS).join(', ')}.`);
  const { rounds, seconds, count, 'without-history': withoutHistory } = values;
  return {
    parts: positionals.length > 0 ? positionals : BY_DEFAULT,
    options: {
      rounds: positive('rounds', rounds),
      seconds: positive('seconds', seconds),
      count: positive('count', count),
      history: !withoutHistory,
    },
  };
}

function positive(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^[1-9]\d*$/.test(text)) throw new Error(`--${name} takes a whole number above zero.`);
  return Number(text);
}

async function main(): Promise<void> {
  const { parts, options } = readArguments();
  sayMachine();
  for (const part of parts) if (!(await PARTS[part]?.(options))) process.exitCode = 1;
}

await main().catch((error: Error) => {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
});
