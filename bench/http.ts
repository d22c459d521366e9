import { findTool, pinnedVersion } from '../src/authoring/toolchain/tool.ts';
import type { Bundle } from '../src/bundle/bundle.ts';
import { readToolSettings } from '../src/config.ts';
import { BATCH_SIZE, batchCalls, freshInputTexts, recordedInputTexts, writeAllCalls } from './calls.ts';
import { cpuMicrosOf, type Memory, memoryOf } from './child.ts';
import type { CountersignServer } from './countersign-server.ts';
import { readDefaultBundle } from './default-bundle.ts';
import { type BenchInput, createInputs } from './inputs.ts';
import { type LoadResult, load, type PreparedCall, type Target } from './load.ts';
import { alternate, median, medianRatio } from './measure.ts';
import type { OpaServer } from './opa-server.ts';
import { say, sayTable } from './report.ts';
import { checkSameAnswers } from './same-answers.ts';
import { type Servers, withServers } from './servers.ts';
import { withTemporaryDir } from './temporary.ts';

const CONNECTIONS = 32;
/** A batch is a hundred decisions, so a few callers at once are plenty. */
const BATCH_CONNECTIONS = 4;
const INPUTS = 2000;
/** Input and result alone take more. */
const MIN_LOG_LINE_BYTES = 500;

export interface HttpOptions {
  rounds: number;
  seconds: number;
  /**
   * Whether OPA gets the very inputs that this service evaluates, with up to 20 earlier cases, taken from its records. The
   * service finds those by itself; OPA's callers would have to bring them along.
   */
  history: boolean;
}

/** A server under load: what is sent to it, its process, and how many decisions one call brings. */
interface Contestant {
  target: Target;
  pid: number;
  decisionsPerCall: number;
}

interface MeasuredLoad extends LoadResult {
  cpuMicros: number;
}

interface Figures {
  /** Decisions per second of each round. */
  rates: number[];
  /** Microseconds of processor time per decision, all threads together. */
  cpu: number;
  p50: number;
  p99: number;
  memory: Memory;
  /** Answered in all, the warm-up included. */
  decisions: number;
}

/** Decisions over HTTP: this service against `opa run --server`, plain and with its decision log in a file. */
export async function benchHttp(options: HttpOptions): Promise<void> {
  const { opa: override, cacheDir } = readToolSettings(process.env);
  const opa = await findTool('opa', { opa: override ?? undefined, cacheDir, env: process.env, onProgress: say });
  say(await titleOf(options));
  say();
  await withTemporaryDir(async (dir) => {
    const bundle = await readDefaultBundle();
    await withServers({ dir, opa, bundle }, (servers) => compare(servers, bundle, dir, options));
  });
}

async function titleOf({ rounds, seconds, history }: HttpOptions): Promise<string> {
  const opa = `OPA ${await pinnedVersion('opa')}${history ? '' : ' without history in its inputs'}`;
  return `## HTTP: ${CONNECTIONS} connections, ${rounds} rounds of ${seconds} s, ${opa}`;
}

async function compare(servers: Servers, bundle: Bundle, dir: string, options: HttpOptions): Promise<void> {
  const { countersign, opaPlain, opaLogging } = servers;
  const inputs = createInputs(INPUTS, bundle.data);
  const tokens = createTokens(countersign, inputs);
  say(await checkSameAnswers({ inputs, tokens, countersign: countersign.url, opa: opaPlain.url, bundle }));
  say();

  const inputTexts = options.history
    ? await recordedInputTexts(countersign.url, inputs, tokens)
    : freshInputTexts(inputs, tokens);
  const files = writeAllCalls({ dir, inputs, tokens, inputTexts });
  const opaTarget = ({ url }: OpaServer): Target => {
    return { url: `${url}/v1/data/approval/decision`, callsFile: files.opa, connections: CONNECTIONS };
  };
  const single = { url: `${countersign.url}/v1/decisions`, callsFile: files.single, connections: CONNECTIONS };
  const batch = { url: `${single.url}/batch`, callsFile: files.batch, connections: BATCH_CONNECTIONS };
  const contestants: Record<string, Contestant> = {
    countersign: { target: single, pid: countersign.pid, decisionsPerCall: 1 },
    'OPA, plain': { target: opaTarget(opaPlain), pid: opaPlain.pid, decisionsPerCall: 1 },
    'OPA, decision log': { target: opaTarget(opaLogging), pid: opaLogging.pid, decisionsPerCall: 1 },
    'countersign, batch of 100': { target: batch, pid: countersign.pid, decisionsPerCall: BATCH_SIZE },
  };
  await checkBatch(batch.url, batchCalls(inputs, tokens)[0] as PreparedCall);

  const keptBefore = countersign.countRecords();
  const figures = await measureAll(contestants, options);
  const kept = countersign.countRecords() - keptBefore;
  sayFigures(figures);
  say();
  requireKept(kept, figures);
  requireLogged(opaLogging.logBytes(), figures);
}

/** One token for each client of the inputs. */
function createTokens(countersign: CountersignServer, inputs: readonly BenchInput[]): ReadonlyMap<string, string> {
  const clients = new Set(inputs.map(({ client }) => client));
  return new Map([...clients].map((client) => [client, countersign.createToken(client)]));
}

/** Throws Error where a batch is answered by anything but 200 and a result for each request. */
async function checkBatch(url: string, { token, body }: PreparedCall): Promise<void> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const response = await fetch(url, { method: 'POST', headers, body });
  const { results } = (await response.json()) as { results?: unknown[] };
  if (response.status !== 200 || results?.length !== BATCH_SIZE) throw new Error(`${url} answered ${response.status}`);
}

/** One round to warm up, and then those that count. */
async function measureAll(
  contestants: Readonly<Record<string, Contestant>>,
  { rounds, seconds }: HttpOptions,
): Promise<Map<string, Figures>> {
  const loads = Object.entries(contestants).map(([name, { target, pid }]) => {
    return [name, async () => requireClean(name, await measured(pid, () => load(target, seconds)))] as const;
  });
  const results = await alternate(Object.fromEntries(loads), rounds + 1);
  return new Map(
    Object.entries(contestants).map(([name, contestant]) => [name, figuresOf(results[name] ?? [], contestant)]),
  );
}

/** With the processor time that the server took for it. */
async function measured(pid: number, act: () => Promise<LoadResult>): Promise<MeasuredLoad> {
  const before = cpuMicrosOf(pid);
  const result = await act();
  return { ...result, cpuMicros: cpuMicrosOf(pid) - before };
}

function requireClean(name: string, result: MeasuredLoad): MeasuredLoad {
  const { failedStatus, failedSocket } = result;
  if (failedStatus + failedSocket > 0) {
    throw new Error(`${name}: ${failedStatus} answers of 400 and above, ${failedSocket} socket errors`);
  }
  return result;
}

function figuresOf(results: readonly MeasuredLoad[], { pid, decisionsPerCall }: Contestant): Figures {
  const counting = results.slice(1);
  return {
    rates: counting.map(({ requests, micros }) => (requests * decisionsPerCall * 1e6) / micros),
    cpu: median(counting.map(({ cpuMicros, requests }) => cpuMicros / (requests * decisionsPerCall))),
    p50: median(counting.map(({ p50 }) => p50)),
    p99: median(counting.map(({ p99 }) => p99)),
    memory: memoryOf(pid),
    decisions: results.reduce((sum, { requests }) => sum + requests * decisionsPerCall, 0),
  };
}

function sayFigures(figures: ReadonlyMap<string, Figures>): void {
  const rateAgainst = (name: string, rates: readonly number[]) =>
    `${medianRatio(rates, figures.get(name)?.rates ?? []).toFixed(2)}x`;
  const rows = [...figures].map(([name, { rates, cpu, p50, p99, memory }]) => [
    name,
    median(rates).toFixed(0),
    cpu.toFixed(0),
    (p50 / 1000).toFixed(1),
    (p99 / 1000).toFixed(1),
    memory.rss.toFixed(0),
    memory.peak.toFixed(0),
    rateAgainst('OPA, plain', rates),
    rateAgainst('OPA, decision log', rates),
  ]);
  const head = [
    'server',
    'decisions/s',
    'CPU µs',
    'p50 ms',
    'p99 ms',
    'RSS MiB',
    'peak MiB',
    'to plain OPA',
    'to OPA with log',
  ];
  sayTable(head, rows);
}

/** What was answered has to be there. There may be more: wrk does not wait for the last answers. */
function requireKept(kept: number, figures: ReadonlyMap<string, Figures>): void {
  const answered = [...figures]
    .filter(([name]) => name.startsWith('countersign'))
    .reduce((sum, [, { decisions }]) => sum + decisions, 0);
  if (kept < answered) throw new Error(`wrk counted ${answered} decisions, but ${kept} records were kept`);
  say(`${answered} decisions of countersign answered, ${kept} records kept.`);
  say();
}

/** OPA's log has to hold every decision, too, or the comparison with it is none. */
function requireLogged(bytes: number, figures: ReadonlyMap<string, Figures>): void {
  const decisions = figures.get('OPA, decision log')?.decisions ?? 0;
  if (bytes < decisions * MIN_LOG_LINE_BYTES)
    throw new Error(`OPA logged only ${bytes} bytes for ${decisions} decisions`);
}
