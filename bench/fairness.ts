import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import type { AccessRequest } from '../src/contract/request.ts';
import { ATTACKS, type AttackName, type Target, type Toll } from './attacks.ts';
import { type CountersignServer, startCountersign } from './countersign-server.ts';
import { median, medianRatio, quantile } from './measure.ts';
import { say, sayTable } from './report.ts';
import { withTemporaryDir } from './temporary.ts';

const BATCH = 250;
/** Each client that makes the cases stays within what it may write in a minute. */
const CASES_PER_CLIENT = 5000;
/** Calls a second of the quiet client, sent whether or not those before are answered. */
const RATE = 25;
const MAX_RATIO = 3;

/** Of somebody whom nobody knows: a deny, which costs as much as any other decision. */
const REQUEST: AccessRequest = {
  subject: { type: 'user', id: 'stranger' },
  action: { name: 'issue' },
  resource: { type: 'api_key', id: 'payments-api/sandbox' },
  context: { justification: 'Try the new refund call out', scopes: ['payments:read'], ttl_seconds: 604_800 },
};
const QUIET: AccessRequest = { ...REQUEST, subject: { type: 'user', id: 'mei.tanaka@larkfield.example' } };

export interface FairnessOptions {
  /** Cases of others that are there to be searched. */
  count: number;
  rounds: number;
  /** Of each measurement. */
  seconds: number;
}

/**
 * How long decisions of a quiet client take while another client, or somebody without a token, attacks: with the settings
 * that the service has by default, each attack beside a measurement of its own without it. Resolves to whether the 95th
 * percentile is at most three times what it is without each of them.
 */
export async function benchFairness(options: FairnessOptions): Promise<boolean> {
  const { count, rounds, seconds } = options;
  say(`## Fairness: ${RATE} decisions a second, ${count.toLocaleString('en')} cases, ${rounds} rounds of ${seconds} s`);
  say();
  return withTemporaryDir(async (dir) => {
    const service = await startCountersign(dir, {});
    const names = Object.keys(ATTACKS) as AttackName[];
    // All before the first call: to make one stops this process, and the service ends what is idle meanwhile.
    const tokens = (name: string, count: number) =>
      Array.from({ length: count }, (_, index) => service.createToken(`${name}-${index}`));
    const owners = tokens('owner', Math.ceil(count / CASES_PER_CLIENT));
    const [quiet = ''] = tokens('quiet', 1);
    // Every round has an attacker who has not spent anything yet.
    const attackers = names.map((_, index) => tokens(`attacker-${index}`, rounds));
    try {
      await makeCases(service, owners, count);
      await decideFor(service, quiet, seconds);
      const results = new Map<AttackName, Result>();
      for (const [index, name] of names.entries()) {
        results.set(name, await measure(service, name, { quiet, attackers: attackers[index] ?? [], seconds }));
      }
      sayTable(
        ['attack', 'p50 ms', 'under it', 'p95 ms', 'under it', 'ratio', 'failed', 'what came of it'],
        [...results].map(([name, result]) => rowOf(name, result)),
      );
      say();
      return [...results.values()].every(({ ratio, failed }) => ratio <= MAX_RATIO && failed === 0);
    } finally {
      await service.stop();
    }
  });
}

interface Result {
  alone: Measured[];
  under: Measured[];
  /** Of the 95th percentiles of the same round. */
  ratio: number;
  failed: number;
  toll: Toll;
}

/** Milliseconds, sorted, of the calls that were answered as they should be. */
interface Measured {
  latencies: number[];
  failed: number;
}

interface Parties {
  quiet: string;
  /** One for each round. */
  attackers: readonly string[];
  seconds: number;
}

async function measure(
  service: CountersignServer,
  name: AttackName,
  { quiet, attackers, seconds }: Parties,
): Promise<Result> {
  const [alone, under]: [Measured[], Measured[]] = [[], []];
  let toll: Toll = { answers: {}, ended: 0 };
  for (const token of attackers) {
    alone.push(await decideFor(service, quiet, seconds));
    const end = startAttack(name, { url: service.url, token, request: REQUEST });
    under.push(await decideFor(service, quiet, seconds));
    toll = await end();
  }
  const p95 = (each: Measured) => quantile(each.latencies, 0.95);
  const ratio = medianRatio(under.map(p95), alone.map(p95));
  return { alone, under, ratio, failed: under.reduce((sum, { failed }) => sum + failed, 0), toll };
}

/** Returns what ends the attack, and resolves to what came of it. */
function startAttack(name: AttackName, target: Target): () => Promise<Toll> {
  const worker = new Worker(new URL('./attack-thread.ts', import.meta.url), { workerData: { name, target } });
  return async () => {
    worker.postMessage('end');
    const [toll] = (await once(worker, 'message')) as [Toll];
    await worker.terminate();
    return toll;
  };
}

async function decideFor(service: CountersignServer, token: string, seconds: number): Promise<Measured> {
  const latencies: number[] = [];
  let failed = 0;
  const calls = [];
  for (let call = 0; call < seconds * RATE; call++) {
    const sentAt = performance.now();
    const answered = post(service, token, '/v1/decisions', QUIET).then(
      () => latencies.push(performance.now() - sentAt),
      () => failed++,
    );
    calls.push(answered);
    await setTimeout(1000 / RATE);
  }
  await Promise.all(calls);
  return { latencies: latencies.sort((a, b) => a - b), failed };
}

async function makeCases(service: CountersignServer, owners: readonly string[], count: number): Promise<void> {
  for (const [index, token] of owners.entries()) {
    const own = Math.min(CASES_PER_CLIENT, count - index * CASES_PER_CLIENT);
    for (let at = 0; at < own; at += BATCH) {
      const requests = Array(Math.min(BATCH, own - at)).fill(REQUEST);
      await post(service, token, '/v1/decisions/batch', { requests });
    }
  }
}

async function post({ url }: CountersignServer, token: string, path: string, body: object): Promise<void> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const response = await fetch(`${url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
  const text = await response.text();
  if (!response.ok) throw new Error(`${path} answered ${response.status}: ${text}`);
}

function rowOf(name: string, { alone, under, ratio, failed, toll }: Result): string[] {
  const at = (share: number, all: readonly Measured[]) =>
    median(all.map(({ latencies }) => quantile(latencies, share))).toFixed(1);
  const answers = Object.entries(toll.answers).map(([status, count]) => `${count} times ${status}`);
  return [
    name,
    at(0.5, alone),
    at(0.5, under),
    at(0.95, alone),
    at(0.95, under),
    `${ratio.toFixed(2)}x`,
    String(failed),
    [...answers, `${toll.ended} connections ended`].join(', '),
  ];
}
