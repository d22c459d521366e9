import { join } from 'node:path';
import { getHeapSpaceStatistics } from 'node:v8';
import { openPolicy, preparePolicy } from '../src/policy/policy.ts';
import { memoryOf } from './child.ts';
import { startCountersign } from './countersign-server.ts';
import { readDefaultBundle } from './default-bundle.ts';
import { createInputs, inputTextOf } from './inputs.ts';
import { load, writeCalls } from './load.ts';
import { say, sayTable } from './report.ts';
import { withTemporaryDir } from './temporary.ts';

const MAX_GROWTH = 0.1;
const WARM_UP = 50_000;
const SAMPLES = 10;
const INPUTS = 5000;
const MIB = 1024 * 1024;
const CONNECTIONS = 32;
const SLICE_SECONDS = 10;

/** Resident memory after so many evaluations or decisions, in MiB. */
interface Sample {
  after: number;
  rss: number;
  /** The part of it that V8 keeps for new objects, where that is known: it grows in one leap or two, and then no more. */
  young?: number;
}

/**
 * Evaluates very often in this process, every time another text, and watches the resident memory. False where it grew by
 * more than a tenth after the warm-up.
 */
export async function benchMemory(count: number): Promise<boolean> {
  const bundle = await readDefaultBundle();
  const policy = await openPolicy(await preparePolicy(bundle));
  const inputs = createInputs(INPUTS, bundle.data);
  const startedAt = Date.now();
  const warmUp = Math.min(WARM_UP, Math.ceil(count / 2));
  const samples: Sample[] = [];
  let done = 0;

  function evaluateUntil(until: number): void {
    for (; done < until; done++) {
      const now = new Date(startedAt + done).toISOString();
      const { evaluation } = policy.evaluate(inputTextOf(inputs[done % INPUTS] as (typeof inputs)[number], now), now);
      if ('fault' in evaluation) throw new Error(`evaluation ${done} failed: ${evaluation.fault}`);
    }
    samples.push({ after: done, rss: process.memoryUsage.rss() / MIB, young: youngGeneration() / MIB });
  }

  evaluateUntil(warmUp);
  const step = Math.max(1, Math.floor(count / SAMPLES));
  for (let until = step; until <= count; until += step) if (until > done) evaluateUntil(until);
  say(`## Memory of one process over ${count} evaluations`);
  say();
  const most = saySamples('evaluations', samples);
  say(`Limit: ${percent(MAX_GROWTH)}`);
  say();
  return most <= MAX_GROWTH;
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

function youngGeneration(): number {
  return getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space')?.physical_space_size ?? 0;
}

/** The first sample is the end of the warm-up. Returns the most growth since, as a part of it. */
function saySamples(unit: string, samples: readonly Sample[]): number {
  const base = samples[0]?.rss ?? Number.NaN;
  const growthOf = ({ rss }: Sample) => (rss - base) / base;
  const rows = samples.map((sample) => [
    String(sample.after),
    sample.rss.toFixed(1),
    sample.young?.toFixed(1) ?? '',
    percent(growthOf(sample)),
  ]);
  sayTable([unit, 'RSS MiB', 'of it young heap', 'growth'], rows);
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
