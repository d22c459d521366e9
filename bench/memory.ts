import { join } from 'node:path';
import { v7 as uuidv7 } from 'uuid';
import { workerUrl } from '../src/base/worker-url.ts';
import { firstPosition } from '../src/cases/seal.ts';
import { judgeAndSeal } from '../src/cases/seal-orders.ts';
import { readConfig } from '../src/config.ts';
import type { DecisionWorkerSetup } from '../src/decision-worker.ts';
import { caseKeysOf } from '../src/domain/history/case-keys.ts';
import type { DecisionInput } from '../src/evaluation/judge.ts';
import { preparePolicy } from '../src/evaluation/policy.ts';
import { openEvaluationPool } from '../src/evaluation/pool.ts';
import { openKeyring } from '../src/evidence/keys.ts';
import { memoryOf } from './child.ts';
import { startCountersign } from './countersign-server.ts';
import { readDefaultBundle } from './default-bundle.ts';
import { callerOf, createInputs } from './inputs.ts';
import { load, writeCalls } from './load.ts';
import { median } from './measure.ts';
import { say, sayTable } from './report.ts';
import { withTemporaryDir } from './temporary.ts';

const MAX_GROWTH = 0.1;
/** Until then the young heaps of all threads grow to their full size. */
const WARM_UP = 300_000;
const SAMPLES = 10;
const INPUTS = 5000;
const MIB = 1024 * 1024;
const CONNECTIONS = 32;
const IN_FLIGHT = 64;
const SLICE_SECONDS = 10;

/** Resident memory up to so many evaluations or decisions, in MiB: heaps breathe, so it is the median of many readings. */
interface Sample {
  after: number;
  rss: number;
}

/**
 * Decides very often in the threads of this process, as the service does, every time another input, and watches the resident
 * memory. Nothing is kept. False where it grew by more than a tenth after the warm-up.
 */
export async function benchMemory(count: number): Promise<boolean> {
  const samples: Sample[] = [];
  await withTemporaryDir(async (dir) => {
    const decide = await openThreads(dir);
    try {
      const warmUp = Math.min(WARM_UP, Math.ceil(count / 2));
      const step = Math.max(1, Math.floor(count / SAMPLES));
      const marks = [warmUp, ...Array.from({ length: SAMPLES }, (_, index) => (index + 1) * step)];
      let done = 0;
      for (const mark of marks.filter((each, index) => index === 0 || each > warmUp)) {
        const readings: number[] = [];
        while (done < mark) {
          done += await decide.many(done, Math.min(IN_FLIGHT, mark - done));
          if (done > mark - step) readings.push(process.memoryUsage.rss() / MIB);
        }
        samples.push({ after: done, rss: median(readings) });
      }
    } finally {
      await decide.close();
    }
  });
  say(`## Memory of one process over ${count} evaluations`);
  say();
  const most = saySamples('evaluations', samples);
  say(`Limit: ${percent(MAX_GROWTH)}`);
  say();
  return most <= MAX_GROWTH;
}

/** The workers of the service, without any history. */
async function openThreads(dir: string) {
  const { bounds } = readConfig({});
  const bundle = await readDefaultBundle();
  const inputs = createInputs(INPUTS, bundle.data);
  const { active: key } = openKeyring(join(dir, 'keys'), 'ES256', () => new Date());
  const issuer = { issuer: 'urn:countersign:bench', version: '0' };
  const signatures = new SharedArrayBuffer(BigInt64Array.BYTES_PER_ELEMENT);
  const worker = {
    entry: workerUrl('../src/decision-worker', import.meta.url),
    setup: { key, issuer, signatures } satisfies DecisionWorkerSetup,
  };
  const source = await preparePolicy(bundle);
  const pool = await openEvaluationPool({ source, worker, bounds, onThreadEnd: say });
  const startedAt = Date.now();

  async function decideOne(number: number): Promise<void> {
    const { request, client } = inputs[number % INPUTS] as (typeof inputs)[number];
    const input: DecisionInput = {
      now: new Date(startedAt + number).toISOString(),
      request,
      caller: callerOf(client, '0123456789abcdef'),
      approvals: [],
      history: '[]',
      occasion: { by: 'request' },
      opened: null,
      before: null,
    };
    const place = { position: firstPosition(uuidv7()), keys: caseKeysOf(request, pool.directory) };
    const { fault } = await judgeAndSeal(pool, input, place);
    if (fault !== null) throw new Error(`evaluation ${number} failed: ${fault}`);
  }

  return {
    async many(from: number, length: number): Promise<number> {
      await Promise.all(Array.from({ length }, (_, index) => decideOne(from + index)));
      return length;
    },
    close: pool.close,
  };
}

/** The same through the whole service, which keeps every record too. Its heap breathes, so that no limit is set. */
export async function benchMemoryOverHttp(count: number): Promise<void> {
  await withTemporaryDir(async (dir) => {
    const { data } = await readDefaultBundle();
    const inputs = createInputs(INPUTS, data);
    const service = await startCountersign(dir);
    try {
      const token = service.createToken('bench');
      const callsFile = join(dir, 'calls.tsv');
      writeCalls(
        callsFile,
        inputs.map(({ request }) => ({ token, body: JSON.stringify(request) })),
      );
      const target = { url: `${service.url}/v1/decisions`, callsFile, connections: CONNECTIONS };
      const samples: Sample[] = [];
      let done = 0;
      while (done < count) {
        const { requests, failedStatus, failedSocket } = await load(target, SLICE_SECONDS);
        if (failedStatus + failedSocket > 0) throw new Error(`${failedStatus + failedSocket} calls failed`);
        done += requests;
        samples.push({ after: done, rss: memoryOf(service.pid).rss });
      }
      say(`## Memory of the service over ${done} decisions with ${CONNECTIONS} connections`);
      say();
      saySamples('decisions', thinned(samples));
    } finally {
      await service.stop();
    }
  });
}

/** The first sample is the end of the warm-up. Returns the most growth since, as a part of it. */
function saySamples(unit: string, samples: readonly Sample[]): number {
  const base = samples[0]?.rss ?? Number.NaN;
  const growthOf = ({ rss }: Sample) => (rss - base) / base;
  const rows = samples.map((sample) => [String(sample.after), sample.rss.toFixed(1), percent(growthOf(sample))]);
  sayTable([unit, 'RSS MiB', 'growth'], rows);
  const most = Math.max(...samples.map(growthOf));
  say();
  say(`Most growth after the warm-up: ${percent(most)}`);
  return most;
}

function percent(part: number): string {
  return `${(100 * part).toFixed(1)} %`;
}

/** About as many as fit a table, the first and the last among them. */
function thinned(samples: readonly Sample[]): Sample[] {
  const every = Math.ceil(samples.length / SAMPLES);
  return samples.filter((_, index) => index % every === 0 || index === samples.length - 1);
}
