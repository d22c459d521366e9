import { readFile } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import { BUNDLE_FILE } from '../src/base/installation.ts';
import { bundleOf, packMembers, unpackMembers } from '../src/bundle/bundle.ts';
import { DATA_MEMBER, withManifest } from '../src/bundle/manifest.ts';
import type { AccessRequest } from '../src/contract/request.ts';
import { type CountersignServer, startCountersign } from './countersign-server.ts';
import { quantile } from './measure.ts';
import { say, sayTable } from './report.ts';
import { withTemporaryDir } from './temporary.ts';

const BATCH = 200;
/** Decisions a second beside it: far from what the service can do, so that what they wait for is the re-evaluation. */
const RATE = 50;
const BASELINE_MS = 10_000;

/** For a payments engineer, who is no longer there in the other bundle. */
const GRANTED: AccessRequest = {
  subject: { type: 'user', id: 'mei.tanaka@larkfield.example' },
  action: { name: 'issue' },
  resource: { type: 'api_key', id: 'payments-api/sandbox' },
  context: { justification: 'Try the new refund call out', scopes: ['payments:read'], ttl_seconds: 604_800 },
};
const DECIDED: AccessRequest = { ...GRANTED, subject: { type: 'user', id: 'omar.haddad@larkfield.example' } };

/**
 * Grants are given, then another bundle becomes active: how long until all were looked at, where the bundle changes nothing for
 * them and where it would allow none of them any more; and what that does to decisions meanwhile.
 */
export async function benchReevaluation(count: number): Promise<void> {
  const shipped = await readFile(BUNDLE_FILE);
  await withTemporaryDir(async (dir) => {
    const service = await startCountersign(dir);
    try {
      const token = service.createToken('bench');
      const admin = service.createToken('release', 'admin,read');
      for (let made = 0; made < count; made += BATCH) await grantMany(service, token, Math.min(BATCH, count - made));
      say(`## Re-evaluation of ${count.toLocaleString('en')} grants, beside ${RATE} decisions a second`);
      say();
      const alone = await decideMeanwhile(service, token, setTimeout(BASELINE_MS));
      const unchanged = await decideMeanwhile(
        service,
        token,
        activate(service, admin, await withData(shipped, () => {})),
      );
      const changed = await decideMeanwhile(service, token, activate(service, admin, await withData(shipped, retire)));
      sayTable(
        ['meanwhile', 'looked at', 'changed', 'seconds', 'decisions', 'p50 ms', 'p99 ms', 'p99 to alone'],
        [
          rowOf('nothing', alone, alone),
          rowOf('a bundle that changes nothing', unchanged, alone),
          rowOf('a bundle that allows none of them', changed, alone),
        ],
      );
      say();
    } finally {
      await service.stop();
    }
  });
}

interface Look {
  examined: number;
  changed: number;
}

interface Measured {
  look: Look | undefined;
  seconds: number;
  /** Milliseconds, sorted. */
  latencies: number[];
}

async function decideMeanwhile(
  service: CountersignServer,
  token: string,
  act: Promise<Look | undefined>,
): Promise<Measured> {
  const startedAt = performance.now();
  let isOver = false;
  const acting = act.finally(() => {
    isOver = true;
  });
  const latencies: number[] = [];
  const calls: Promise<unknown>[] = [];
  while (!isOver) {
    const sentAt = performance.now();
    calls.push(post(service, token, '/v1/decisions', DECIDED).then(() => latencies.push(performance.now() - sentAt)));
    await setTimeout(1000 / RATE);
  }
  const seconds = (performance.now() - startedAt) / 1000;
  await Promise.all(calls);
  return { look: await acting, seconds, latencies: latencies.sort((a, b) => a - b) };
}

async function activate(service: CountersignServer, token: string, bundle: Uint8Array): Promise<Look> {
  const authorization = `Bearer ${token}`;
  const response = await fetch(`${service.url}/v1/policies/active`, {
    method: 'PUT',
    headers: { authorization, 'content-type': 'application/gzip' },
    body: Buffer.from(bundle),
  });
  const { active } = (await jsonOf(response)) as { active: { digest: string } };
  for (;;) {
    await setTimeout(50);
    const body = await jsonOf(await fetch(`${service.url}/v1/policies`, { headers: { authorization } }));
    const { sweep } = body as { sweep: (Look & { policy: string; finished_at: string | null }) | null };
    if (sweep?.policy === active.digest && sweep.finished_at !== null) return sweep;
  }
}

async function grantMany(service: CountersignServer, token: string, count: number): Promise<void> {
  const requests = Array.from({ length: count }, () => GRANTED);
  const { results } = (await post(service, token, '/v1/decisions/batch', { requests })) as {
    results: { answer?: { outcome: string } }[];
  };
  if (results.some(({ answer }) => answer?.outcome !== 'allow')) throw new Error('a grant was not given');
}

async function post(service: CountersignServer, token: string, path: string, body: object): Promise<unknown> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  return jsonOf(await fetch(`${service.url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) }));
}

async function jsonOf(response: Response): Promise<unknown> {
  if (!response.ok) throw new Error(`${response.url} answered ${response.status}: ${await response.text()}`);
  return response.json();
}

interface Organisation {
  organisation: { people: Record<string, { active: boolean }> };
}

function retire({ organisation }: Organisation): void {
  const person = organisation.people['mei.tanaka'];
  if (person !== undefined) person.active = false;
}

/** The bundle with other data; a member that no policy looks at makes it another one in any case. */
async function withData(bundle: Uint8Array, change: (data: Organisation) => void): Promise<Uint8Array> {
  const members = new Map(await unpackMembers(bundle));
  const data = JSON.parse(Buffer.from(members.get(DATA_MEMBER) ?? '{}').toString()) as Organisation;
  change(data);
  const { metadata } = bundleOf(members).manifest;
  members.set(DATA_MEMBER, Buffer.from(JSON.stringify({ ...data, bench: change.name })));
  return packMembers(withManifest(members, metadata));
}

function rowOf(name: string, { look, seconds, latencies }: Measured, alone: Measured): string[] {
  const p99 = quantile(latencies, 0.99);
  return [
    name,
    String(look?.examined ?? '-'),
    String(look?.changed ?? '-'),
    seconds.toFixed(1),
    String(latencies.length),
    quantile(latencies, 0.5).toFixed(1),
    p99.toFixed(1),
    `${(p99 / quantile(alone.latencies, 0.99)).toFixed(2)}x`,
  ];
}
