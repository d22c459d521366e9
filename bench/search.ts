import { statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { sha256 } from '../src/base/canonical-json.ts';
import { OUTCOMES } from '../src/contract/decision.ts';
import { TIERS, type Tier } from '../src/contract/evaluation.ts';
import { keyOf } from '../src/domain/history/case-keys.ts';
import { prepareCaseRows } from '../src/store/sqlite/case-rows.ts';
import { createRowMacs } from '../src/store/sqlite/row-mac.ts';
import { prepareConnection, prepareSchema } from '../src/store/sqlite/schema.ts';
import { openSqliteStore } from '../src/store/sqlite/store.ts';
import {
  type CaseHead,
  type CaseQuery,
  type CommitEntry,
  commitOne,
  EVERY_CASE,
  type Store,
} from '../src/store/store.ts';
import { median } from './measure.ts';
import { createRandom, type Random } from './random.ts';
import { say, sayTable } from './report.ts';
import { withTemporaryDir } from './temporary.ts';

const SEED = 20_261_122;
const ROW_SECRET = new Uint8Array(32);
const START = Date.parse('2025-01-01T00:00:00Z');
/** Between one case and the next: a million of them take some eleven and a half days at this pace. */
const STEP_MS = 1000;
const TRANSACTION = 50_000;
const TRIES = 9;
const INDICES = ['cases_by_outcome', 'cases_by_kind', 'cases_by_client', 'cases_by_controls'];

const KINDS = [
  'issue/api_key',
  'issue/deployment_token',
  'emergency_access/secret',
  'elevate/role',
  'renew/certificate',
];
const CONTROLS = Array.from({ length: 24 }, (_, index) => `AC-${index + 1}`);

/** Fills a database with cases and prints how long a page of a search takes, and what the indices cost a commit. */
export async function benchSearch(count: number): Promise<void> {
  await withTemporaryDir(async (dir) => {
    const file = join(dir, 'countersign.db');
    const startedAt = performance.now();
    fill(file, count);
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    const mib = Math.round(statSync(file).size / 1024 ** 2);
    say(
      `Search among ${count.toLocaleString('en')} cases (made in ${seconds} s, ${mib} MiB), pages of 100, median of ${TRIES}`,
    );
    say();
    const store = await openSqliteStore(file, { rowSecret: ROW_SECRET, keys: [] });
    sayTable(['filter', 'first page: ms', 'rows', 'deep page: ms', 'rows'], await pagesOf(store, count));
    await store.close();
    say();
    await sayWriteCost(file, count);
  });
}

/** Straight into the tables: through the writer it would take as long as a million commits. */
function fill(file: string, count: number): void {
  const db = new DatabaseSync(file);
  prepareConnection(db);
  prepareSchema(db);
  db.exec('PRAGMA synchronous = OFF');
  const rows = prepareCaseRows(db, createRowMacs(ROW_SECRET));
  const random = createRandom(SEED);
  for (let serial = 0; serial < count; serial++) {
    if (serial % TRANSACTION === 0) db.exec('BEGIN');
    rows.insert(headOf(serial, random));
    if (serial % TRANSACTION === TRANSACTION - 1 || serial === count - 1) db.exec('COMMIT');
  }
  db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  db.close();
}

const HOUR_MS = 3_600_000;

/** Half allowed, a tenth open; some subjects, clients and kinds are rare, as they are in life. */
function headOf(serial: number, random: Random): CaseHead {
  const at = START + serial * STEP_MS;
  const id = caseId(serial, at);
  const outcome = random.chance(0.5) ? 'allow' : random.chance(0.2) ? 'approval_required' : 'deny';
  const granted = outcome === 'allow';
  const tier: Tier = random.chance(0.001) ? 'critical' : random.pick(['low', 'medium', 'high'] as const);
  const kind = random.chance(0.0005) ? 'exempt_rotation/secret' : random.pick(KINDS);
  return {
    case: id,
    seq: 0,
    record: id,
    decision: id,
    client: random.chance(0.0005) ? 'rare' : `client-${random.below(20)}`,
    kind,
    subject: random.chance(0.1) ? 'busy' : `person-${random.below(5000)}`,
    resource: keyOf({ type: 'secret', id: `secret-${random.below(20_000)}` }),
    team: `team-${random.below(200)}`,
    outcome,
    tier,
    at: new Date(at).toISOString(),
    expires_at: granted ? new Date(at + HOUR_MS * (1 + random.below(48))).toISOString() : null,
    closes_at: outcome === 'approval_required' ? new Date(at + HOUR_MS * 168).toISOString() : null,
    last_policy: 'policy',
    // One in fifty grants owes a review, one in a hundred was taken back.
    review_by: granted && random.chance(0.02) ? new Date(at + HOUR_MS * random.below(96)).toISOString() : null,
    review: null,
    due: granted && random.chance(0.001) ? 'policy_changed' : null,
    judged_by: null,
    revoked_at: granted && random.chance(0.01) ? new Date(at + HOUR_MS).toISOString() : null,
    // Policy names them by the rules that fired.
    controls: CONTROLS.slice(KINDS.indexOf(kind) + 1, 8 + 2 * TIERS.indexOf(tier) + OUTCOMES.indexOf(outcome)),
  };
}

/** In the form of a UUID of version 7, which begins with the time. */
function caseId(serial: number, at: number): string {
  const time = at.toString(16).padStart(12, '0');
  const rest = serial.toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-${rest}`;
}

function queryFor(changes: Partial<CaseQuery>): CaseQuery {
  return { ...EVERY_CASE, ...changes };
}

function filters(count: number): Record<string, Partial<CaseQuery>> {
  const instant = (share: number) => new Date(START + count * share * STEP_MS).toISOString();
  const granted = { outcomes: ['allow' as const], grant: { state: 'in_force' as const, now: instant(1) } };
  return {
    none: {},
    'time (a tenth)': { from: instant(0.45), after: { at: instant(0.55), id: '' } },
    'subject, one case in 5,600': { subjects: ['person-7'] },
    'subject, one case in ten': { subjects: ['busy'] },
    resource: { resource: keyOf({ type: 'secret', id: 'secret-7' }) },
    kind: { kind: 'issue/api_key' },
    'kind, rare': { kind: 'exempt_rotation/secret' },
    tier: { tiers: ['high'] },
    'tier, rare': { tiers: ['critical'] },
    outcome: { outcomes: ['deny'] },
    'state open': { outcomes: ['approval_required'] },
    'state granted': granted,
    'state due': { ...granted, grant: { state: 'due', now: instant(0.5) } },
    'state overdue': { ...granted, grant: { state: 'overdue', now: instant(0.5) } },
    'state revoked': { ...granted, grant: { state: 'revoked', now: instant(0.5) } },
    'state expired': { ...granted, grant: { state: 'expired', now: instant(1) } },
    control: { control: 'AC-8' },
    'own client': { client: 'client-7' },
    'own client, rare': { client: 'rare' },
    'own client, open': { client: 'client-7', outcomes: ['approval_required'] },
    'kind and rare tier: looks at 20,000': { kind: 'issue/api_key', tiers: ['critical'] },
    'kind, tier, outcome': { kind: 'issue/api_key', tiers: ['high'], outcomes: ['deny'] },
    'kind and rare client: looks at 20,000': { kind: 'issue/api_key', client: 'rare' },
    'control and rare client: looks at 20,000': { control: 'AC-8', client: 'rare' },
    'busy subject, rare client: looks at 20,000': { subjects: ['busy'], client: 'rare' },
    'busy subject, control': { subjects: ['busy'], control: 'AC-8' },
  };
}

/** A deep page begins after nine tenths of the time, counted from the newest. */
async function pagesOf(store: Store, count: number): Promise<string[][]> {
  const deep = new Date(START + count * 0.1 * STEP_MS).toISOString();
  const rows: string[][] = [];
  for (const [name, changes] of Object.entries(filters(count))) {
    const first = queryFor(changes);
    const isTimed = first.from !== '';
    const after = isTimed ? new Date((Date.parse(first.from) + Date.parse(first.after.at)) / 2).toISOString() : deep;
    const deepPage = { ...first, after: { at: after, id: '' } };
    rows.push([name, ...(await timeOf(store, first)), ...(await timeOf(store, deepPage))]);
  }
  return rows;
}

async function timeOf(store: Store, query: CaseQuery): Promise<[ms: string, rows: string]> {
  let rows = 0;
  const times: number[] = [];
  for (let left = TRIES; left > 0; left--) {
    const startedAt = performance.now();
    rows = (await store.search(query)).cases.length;
    times.push(performance.now() - startedAt);
  }
  return [median(times).toFixed(2), String(rows)];
}

const COMMITS = 3200;
const GROUP = 32;
const ROUNDS = 3;

/** What a decision pays for the indices of search: the same commits with and without them, in turns. */
async function sayWriteCost(file: string, count: number): Promise<void> {
  const db = new DatabaseSync(file);
  const made = INDICES.map((name) =>
    String(db.prepare('SELECT sql FROM sqlite_schema WHERE name = ?').get(name)?.['sql']),
  );
  const micros = { with: [] as number[], without: [] as number[] };
  for (let round = 0; round < ROUNDS; round++) {
    const serial = count + 2 * round * COMMITS;
    micros.with.push(await microsPerCommit(file, serial));
    for (const name of INDICES) db.exec(`DROP INDEX ${name}`);
    micros.without.push(await microsPerCommit(file, serial + COMMITS));
    for (const sql of made) db.exec(sql);
  }
  db.close();
  const rows = Object.entries(micros).map(([name, each]) => [`${name} the indices of search`, median(each).toFixed(1)]);
  sayTable([`commit in groups of ${GROUP}`, 'µs'], rows);
}

async function microsPerCommit(file: string, from: number): Promise<number> {
  const store = await openSqliteStore(file, { rowSecret: ROW_SECRET, keys: [] });
  const random = createRandom(from);
  const entries = Array.from({ length: COMMITS }, (_, index) => entryOf(headOf(from + index, random)));
  const startedAt = performance.now();
  for (let index = 0; index < COMMITS; index += GROUP) {
    await Promise.all(entries.slice(index, index + GROUP).map((entry) => commitOne(store, entry)));
  }
  const micros = ((performance.now() - startedAt) * 1000) / COMMITS;
  await store.close();
  return micros;
}

/** About as large as a record is. */
const JWS = 'x'.repeat(5000);

function entryOf(caseHead: CaseHead): CommitEntry {
  const { case: id, record, seq, at } = caseHead;
  const digest = sha256(record);
  return {
    record: { id: record, case: id, seq, at, jws: JWS, digest },
    caseHead,
    idempotency: null,
    leaf: digest,
    outbox: [],
  };
}
