import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { v7 as uuidv7 } from 'uuid';
import { signCompact, unverifiedPayload } from '../src/base/jws.ts';
import { sealDecision } from '../src/cases/seal.ts';
import type { DecisionRecord } from '../src/contract/record.ts';
import { RECORD_TYPE } from '../src/contract/record.ts';
import type { AccessRequest } from '../src/contract/request.ts';
import { createDirectory, readDirectoryData } from '../src/domain/directory.ts';
import { caseKeysOf } from '../src/domain/history/case-keys.ts';
import { openKeyring, readRowSecret } from '../src/evidence/keys.ts';
import { headAfter } from '../src/store/case-head.ts';
import { DATABASE, KEYS } from '../src/store/data-folder.ts';
import { openSqliteStore } from '../src/store/sqlite/store.ts';
import type { CommitEntry } from '../src/store/store.ts';
import { type CountersignServer, startCountersign } from './countersign-server.ts';
import { readDefaultBundle } from './default-bundle.ts';
import { median, quantile } from './measure.ts';
import { say, sayTable } from './report.ts';
import { withTemporaryDir } from './temporary.ts';

/** Decisions a second: far from what the service can do, so that what they wait for is whatever the restart does. */
const RATE = 100;
const MEASURE_MS = 10_000;
const GROUP = 256;
const LIMIT = 1.2;

const DECIDED: AccessRequest = {
  subject: { type: 'user', id: 'omar.haddad@larkfield.example' },
  action: { name: 'issue' },
  resource: { type: 'api_key', id: 'payments-api/sandbox' },
  context: { justification: 'Try the new refund call out', scopes: ['payments:read'], ttl_seconds: 604_800 },
};
/** Waits for approval. */
const OPENED = JSON.parse(
  readFileSync(new URL('../examples/issue-api-key/approval-restricted-key/request.json', import.meta.url), 'utf8'),
) as AccessRequest;

/**
 * Restarts a service under the same bundle, with and without many open cases, by turns, and measures decisions from the first
 * moment on. Resolves with false where open cases make their p99 more than 1.2 times as long, or are examined, or read.
 */
export async function benchRestart({ count, rounds }: { count: number; rounds: number }): Promise<boolean> {
  return withTemporaryDir((empty) =>
    withTemporaryDir(async (filled) => {
      say(
        `## A restart under the same bundle with ${count.toLocaleString('en')} open cases, ${RATE} decisions a second`,
      );
      say();
      await prepare(empty, 0);
      await prepare(filled, count);
      const alone: Restarted[] = [];
      const withCases: Restarted[] = [];
      for (let round = 0; round < rounds; round++) {
        alone.push(await restart(empty));
        withCases.push(await restart(filled));
      }
      sayTable(
        ['open cases', 'decisions', 'p50 ms', 'p99 ms', 'examined', 'records read'],
        [rowOf('none', alone), rowOf(count.toLocaleString('en'), withCases)],
      );
      const ratio = p99Of(withCases) / p99Of(alone);
      const touched = withCases.reduce((sum, { examined, reads }) => sum + examined + reads, 0);
      say();
      say(`p99 with open cases to p99 without: ${ratio.toFixed(2)} (limit ${LIMIT}), medians of ${rounds} rounds`);
      say();
      return ratio <= LIMIT && touched === 0;
    }),
  );
}

interface Restarted {
  /** Milliseconds, sorted. */
  latencies: number[];
  examined: number;
  reads: number;
}

async function restart(dir: string): Promise<Restarted> {
  const service = await startCountersign(dir);
  try {
    const token = service.createToken(`bench-${uuidv7()}`, 'decide,read');
    const readsBefore = await readsOf(service, token); // The clock reads the newest record before anything else.
    const latencies: number[] = [];
    const calls: Promise<unknown>[] = [];
    const endsAt = performance.now() + MEASURE_MS;
    while (performance.now() < endsAt) {
      const sentAt = performance.now();
      calls.push(decide(service, token, DECIDED).then(() => latencies.push(performance.now() - sentAt)));
      await setTimeout(1000 / RATE);
    }
    await Promise.all(calls);
    const { sweep } = (await get(service, token, '/v1/policies')) as { sweep: { examined: number } | null };
    const reads = (await readsOf(service, token)) - Math.min(readsBefore, 1);
    return { latencies: latencies.sort((a, b) => a - b), examined: sweep?.examined ?? Number.NaN, reads };
  } finally {
    await service.stop();
  }
}

/** Makes a data folder with so many open cases: copies of one that was really opened, each signed and committed. */
async function prepare(dir: string, count: number): Promise<void> {
  const service = await startCountersign(dir);
  const token = service.createToken('portal', 'decide');
  const { record: jws } = (await decide(service, token, OPENED)) as { record: string };
  await service.stop();
  const opened = unverifiedPayload(jws) as DecisionRecord;
  if (opened.decision.outcome !== 'approval_required') throw new Error('the case does not wait for approval');
  const keysDir = join(dir, 'data', KEYS);
  const keyring = openKeyring(keysDir, 'ES256', () => new Date());
  const directory = createDirectory(readDirectoryData((await readDefaultBundle()).data));
  const store = await openSqliteStore(join(dir, 'data', DATABASE), {
    rowSecret: readRowSecret(keysDir),
    keys: keyring.verificationKeys,
  });
  const sign = (payload: string) => signCompact(payload, keyring.active, RECORD_TYPE);
  try {
    for (let made = 0; made < count; made += GROUP) {
      const group = Array.from({ length: Math.min(GROUP, count - made) }, (_, index): CommitEntry => {
        const id = uuidv7();
        const resource = { ...opened.request.resource, id: `service-${made + index}/production` };
        const record = { ...opened, jti: id, case: id, request: { ...opened.request, resource } };
        const signed = sealDecision(record, { sign });
        const caseHead = headAfter(record, caseKeysOf(record.request, directory));
        return { record: signed, caseHead, idempotency: null, leaf: signed.digest, outbox: [] };
      });
      const results = await store.commit(group);
      if (results.some(({ status }) => status !== 'committed')) throw new Error('a case was not committed');
    }
  } finally {
    await store.close();
  }
}

async function readsOf(service: CountersignServer, token: string): Promise<number> {
  const response = await fetch(`${service.url}/metrics`, { headers: { authorization: `Bearer ${token}` } });
  return Number(/^countersign_record_reads (\d+)$/m.exec(await response.text())?.[1]);
}

async function decide(service: CountersignServer, token: string, request: AccessRequest): Promise<unknown> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const response = await fetch(`${service.url}/v1/decisions`, {
    method: 'POST',
    headers,
    body: JSON.stringify(request),
  });
  if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`);
  return response.json();
}

async function get(service: CountersignServer, token: string, path: string): Promise<unknown> {
  const response = await fetch(`${service.url}${path}`, { headers: { authorization: `Bearer ${token}` } });
  return response.json();
}

const p99Of = (restarts: readonly Restarted[]) => median(restarts.map(({ latencies }) => quantile(latencies, 0.99)));

function rowOf(name: string, restarts: readonly Restarted[]): string[] {
  const sum = (of: (each: Restarted) => number) => String(restarts.reduce((total, each) => total + of(each), 0));
  return [
    name,
    sum(({ latencies }) => latencies.length),
    median(restarts.map(({ latencies }) => quantile(latencies, 0.5))).toFixed(1),
    p99Of(restarts).toFixed(1),
    sum(({ examined }) => examined),
    sum(({ reads }) => reads),
  ];
}
