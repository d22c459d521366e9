import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import { OUTCOMES, type Outcome } from '../../contract/decision.ts';
import { TIERS } from '../../contract/evaluation.ts';
import type { CasePage, CaseQuery, Position } from '../store.ts';
import { CASE_BY_ID, readCaseRow } from './case-rows.ts';
import type { RowMacs } from './row-mac.ts';

/** How many rows of an index one page examines; some tens of ms of the reader thread. */
const MAX_ROWS_EXAMINED = 20_000;

/** A statement merges at most 500 ranges (SQLITE_MAX_COMPOUND_SELECT), and each takes its time. */
const MAX_RANGES = 64;

/** How far two indices are compared before the one that has fewer rows leads. */
const MAX_COMPARED = 1000;

type Condition = readonly [sql: string, ...values: SQLInputValue[]];

/** An index, and the ranges of it that contain the wanted cases: within each of them the order is that of pages. */
interface Ranges {
  index: string;
  ranges: Condition[];
  /** The conditions that the ranges cover. */
  settled: readonly (keyof CaseQuery)[];
  /** The instant in the order of pages; without it, that of the last decision. */
  order?: 'at' | 'expires_at' | 'closes_at';
}

/** See Store.search. */
export function prepareSearch(db: DatabaseSync, macs: RowMacs): (query: CaseQuery) => CasePage {
  const head = db.prepare(CASE_BY_ID);
  const begin = db.prepare('BEGIN');
  const end = db.prepare('COMMIT');
  return (query) => {
    begin.run(); // One look at the database: what is found is still there when it is read.
    try {
      const { ranges, compared } = rangesOf(db, query);
      if (ranges.ranges.length === 0) return { cases: [], next: null, examined: compared };
      const { found, next, examined } = findPage(db, query, ranges);
      const cases = found.flatMap(({ id }) => readCaseRow(head.get(id), macs) ?? []);
      return { cases, next, examined: compared + examined };
    } finally {
      end.run();
    }
  };
}

interface Found {
  found: Position[];
  next: Position | null;
  examined: number;
}

function findPage(db: DatabaseSync, query: CaseQuery, ranges: Ranges): Found {
  const page = pageStatement(query, ranges);
  const found = db.prepare(page.sql).all(...page.values) as unknown as Position[];
  const last = found.at(-1);
  if (last !== undefined && found.length > query.limit) {
    const examined = countRows(db, { ...query, from: last.at }, ranges, MAX_ROWS_EXAMINED);
    return { found: found.slice(0, -1), next: found.at(-2) ?? null, examined };
  }
  // Fewer than a page: at the end of all cases, or where the scan ended.
  const examined = countRows(db, query, ranges, MAX_ROWS_EXAMINED);
  if (examined < MAX_ROWS_EXAMINED) return { found, next: null, examined };
  const scan = scanStatement(query, ranges, []);
  const end = db.prepare(`${scan.sql} OFFSET ${MAX_ROWS_EXAMINED - 1}`).get(...scan.values) as Position | undefined;
  return { found, next: end ?? null, examined };
}

function countRows(db: DatabaseSync, query: CaseQuery, ranges: Ranges, limit: number): number {
  const { sql, values } = scanStatement(query, ranges, [], limit);
  return (db.prepare(`SELECT count(*) AS n FROM (${sql})`).get(...values) as { n: number }).n;
}

interface Statement {
  sql: string;
  values: SQLInputValue[];
}

/** Exported for the test of SQLite's query plan. */
export function searchStatement(db: DatabaseSync, query: CaseQuery): Statement {
  return pageStatement(query, rangesOf(db, query).ranges);
}

/**
 * A subquery with a LIMIT is run as it stands, as a co-routine, and gives its rows in its order; to sort them again would mean
 * to look at all of them for every page.
 */
function pageStatement(query: CaseQuery, ranges: Ranges): Statement {
  const rest = restOf(query, ranges.settled);
  const scan = scanStatement(query, ranges, rest.columns);
  return {
    sql: `SELECT at, id FROM (${scan.sql}) WHERE ${rest.sql} LIMIT ?`,
    values: [...scan.values, ...rest.values, query.limit + 1],
  };
}

/** The ranges, merged in the order of pages (SQLite runs them side by side), up to the rows that one page examines. */
function scanStatement(
  { from, after }: CaseQuery,
  { index, ranges, order = 'at' }: Ranges,
  columns: readonly string[],
  limit = MAX_ROWS_EXAMINED,
): Statement {
  const select = `SELECT ${[`${order} AS at`, 'id', ...columns].join(', ')} FROM cases INDEXED BY ${index}`;
  const arms = ranges.map(([sql]) => `${select} WHERE ${sql} AND ${order} >= ? AND (${order}, id) < (?, ?)`);
  return {
    sql: `${arms.join(' UNION ALL ')} ORDER BY at DESC, id DESC LIMIT ${limit}`,
    values: ranges.flatMap(([, ...values]) => [...values, from, after.at, after.id]),
  };
}

/**
 * Where only one client's cases are wanted, its own index leads unless another one leads to fewer cases: cases of other
 * clients must not slow a search down. `compared`: rows that this took.
 */
function rangesOf(db: DatabaseSync, query: CaseQuery): { ranges: Ranges; compared: number } {
  const best = bestRanges(db, query);
  if (query.client === null || best.ranges.length === 0) return { ranges: best, compared: 0 };
  const own: Ranges = { index: 'cases_by_client', ranges: [['client = ?', query.client]], settled: ['client'] };
  const others = countRows(db, query, best, MAX_COMPARED);
  const owned = countRows(db, query, own, Math.min(others + 1, MAX_COMPARED));
  return { ranges: owned <= others ? own : best, compared: others + owned };
}

/** Begins with what leads to the fewest cases as a rule, whoever opened them. */
function bestRanges(db: DatabaseSync, query: CaseQuery): Ranges {
  const { subjects, resource, kind, outcomes } = query;
  if (subjects !== null) {
    const ranges = subjects.map((subject): Condition => ['subject = ?', subject]);
    return { index: 'cases_by_subject', ranges, settled: ['subjects'] };
  }
  if (resource !== null) {
    return { index: 'cases_by_resource', ranges: [['resource = ?', resource]], settled: ['resource'] };
  }
  if (query.closesBefore !== null) return toClose(query.closesBefore);
  const byPolicy = notSwept(db, query);
  if (byPolicy !== null) return byPolicy;
  const rare = RARE_STATES[query.grant?.state ?? ''];
  if (rare !== undefined) return { ...rare, settled: [] };
  const controlSets = controlSetsOf(db, query);
  if (controlSets !== null && controlSets.length <= MAX_RANGES) {
    const ranges = controlSets.map((set): Condition => ['control_set = ?', set]);
    return { index: 'cases_by_controls', ranges, settled: ['control'] };
  }
  // Open cases are few, since they end.
  if (isOnly(outcomes, 'approval_required')) return byOutcome(query);
  if (kind !== null) return { index: 'cases_by_kind', ranges: [['kind = ?', kind]], settled: ['kind'] };
  return byOutcome(query);
}

function isOnly(outcomes: CaseQuery['outcomes'], wanted: Outcome): boolean {
  return outcomes.every((outcome) => outcome === wanted);
}

function toClose(closesBefore: string): Ranges {
  const ranges: Condition[] = [['closes_at IS NOT NULL AND closes_at <= ?', closesBefore]];
  return { index: 'cases_to_close', ranges, settled: ['closesBefore'], order: 'closes_at' };
}

const OPEN = "outcome = 'approval_required'";
const GRANTED = "outcome = 'allow' AND revoked_at IS NULL";

/**
 * The open cases, or the grants in force, that other policies evaluated last: a range for each of these policies. Null where
 * neither is asked for, or if there are too many such policies, as after a bundle every minute.
 */
function notSwept(db: DatabaseSync, { notSweptBy, outcomes, grant }: CaseQuery): Ranges | null {
  if (notSweptBy === null) return null;
  const others = (index: string, rows: string) => policiesOf(db, index, rows).filter((each) => each !== notSweptBy);
  if (isOnly(outcomes, 'approval_required')) {
    const policies = others('open_by_policy', OPEN);
    const ranges = policies.map((policy): Condition => [`${OPEN} AND last_policy = ?`, policy]);
    return policies.length > MAX_RANGES
      ? null
      : { index: 'open_by_policy', ranges, settled: ['notSweptBy', 'outcomes'] };
  }
  if (!(isOnly(outcomes, 'allow') && grant?.state === 'in_force')) return null;
  const inForce = `${GRANTED} AND last_policy = ? AND expires_at > ?`;
  const some = db.prepare(`SELECT 1 FROM cases INDEXED BY granted_by_policy WHERE ${inForce} LIMIT 1`);
  const policies = others('granted_by_policy', GRANTED).filter((policy) => some.get(policy, grant.now) !== undefined);
  const ranges = policies.map((policy): Condition => [inForce, policy, grant.now]);
  const settled = ['notSweptBy', 'outcomes', 'grant'] as const;
  return policies.length > MAX_RANGES ? null : { index: 'granted_by_policy', ranges, settled, order: 'expires_at' };
}

/** See Store.countToSweep. Both sides of the policy in each index, so that cases which it judged are not examined. */
export function prepareCountToJudge(db: DatabaseSync): (wanted: { policy: string; now: string }) => number {
  const sides = ['<', '>'];
  const open = sides.map((side) =>
    db.prepare(`SELECT count(*) AS n FROM cases INDEXED BY open_by_policy WHERE ${OPEN} AND last_policy ${side} ?`),
  );
  const granted = sides.map((side) =>
    db.prepare(`SELECT count(*) AS n FROM cases INDEXED BY granted_by_policy
      WHERE ${GRANTED} AND last_policy ${side} ? AND expires_at > ?`),
  );
  return ({ policy, now }) => {
    const rows = [...open.map((count) => count.get(policy)), ...granted.map((count) => count.get(policy, now))];
    return rows.reduce((sum, row) => sum + (row as { n: number }).n, 0);
  };
}

/** Each policy that an index begins with, by one seek for each. */
function policiesOf(db: DatabaseSync, index: string, rows: string): string[] {
  const next = db.prepare(`SELECT last_policy FROM cases INDEXED BY ${index}
    WHERE ${rows} AND last_policy > ? ORDER BY last_policy LIMIT 1`);
  const policies: string[] = [];
  for (let last: string | undefined = ''; last !== undefined; ) {
    last = (next.get(last) as { last_policy: string } | undefined)?.last_policy;
    if (last !== undefined) policies.push(last);
  }
  return policies;
}

function byOutcome({ outcomes, tiers }: CaseQuery): Ranges {
  const ranges = outcomes.flatMap((outcome) =>
    tiers.map((tier): Condition => ['outcome = ? AND tier = ?', outcome, tier]),
  );
  return { index: 'cases_by_outcome', ranges, settled: ['outcomes', 'tiers'] };
}

function controlSetsOf(db: DatabaseSync, { control }: CaseQuery): number[] | null {
  if (control === null) return null;
  const rows = db.prepare('SELECT control_set FROM case_controls WHERE control = ?').all(control);
  return (rows as { control_set: number }[]).map(({ control_set }) => control_set);
}

/** The states of stateOf (domain/grant.ts) and isInForce, each with the columns that it uses. Every parameter is the time. */
const STATES: Record<NonNullable<CaseQuery['grant']>['state'], readonly [condition: string, ...columns: string[]]> = {
  in_force: ['revoked_at IS NULL AND expires_at > ?', 'revoked_at', 'expires_at'],
  active: [
    'revoked_at IS NULL AND expires_at > ? AND due IS NULL AND (review_by IS NULL OR review_by > ?)',
    'revoked_at',
    'expires_at',
    'due',
    'review_by',
  ],
  due: [
    `revoked_at IS NULL AND (review_by IS NULL OR review_by > ?)
      AND (expires_at <= ? AND review_by IS NOT NULL OR expires_at > ? AND due IS NOT NULL)`,
    'revoked_at',
    'expires_at',
    'due',
    'review_by',
  ],
  overdue: ['revoked_at IS NULL AND review_by <= ?', 'revoked_at', 'review_by'],
  expired: ['revoked_at IS NULL AND expires_at <= ? AND review_by IS NULL', 'revoked_at', 'expires_at', 'review_by'],
  revoked: ['revoked_at IS NOT NULL', 'revoked_at'],
};

/** Few of all cases are in these states, and an index of its own holds them. */
const RARE_STATES: Partial<Record<string, Pick<Ranges, 'index' | 'ranges'>>> = {
  due: { index: 'cases_to_review', ranges: [['(review_by IS NOT NULL OR due IS NOT NULL)']] },
  overdue: { index: 'cases_to_review', ranges: [['(review_by IS NOT NULL OR due IS NOT NULL)']] },
  revoked: { index: 'cases_revoked', ranges: [['revoked_at IS NOT NULL']] },
};

/** The conditions that the ranges do not cover. Columns that their index lacks are looked up in the case. */
function restOf(query: CaseQuery, settled: Ranges['settled']): Statement & { columns: string[] } {
  const open = (name: keyof CaseQuery) => query[name] !== null && !settled.includes(name);
  const rest: { columns: string[]; condition: Condition }[] = [];
  const add = (column: string, ...condition: Condition) => rest.push({ columns: [column], condition });
  if (open('outcomes') && query.outcomes.length < OUTCOMES.length) {
    add('outcome', `outcome IN (${marks(query.outcomes)})`, ...query.outcomes);
  }
  if (open('tiers') && query.tiers.length < TIERS.length) {
    add('tier', `tier IN (${marks(query.tiers)})`, ...query.tiers);
  }
  if (open('kind')) add('kind', 'kind = ?', query.kind);
  if (query.grant !== null && !settled.includes('grant')) {
    const { state, now } = query.grant;
    const [condition, ...columns] = STATES[state];
    const times = Array.from({ length: condition.split('?').length - 1 }, () => now);
    rest.push({ columns, condition: [condition, ...times] });
  }
  if (open('notSweptBy')) add('last_policy', 'last_policy <> ?', query.notSweptBy);
  if (open('closesBefore')) add('closes_at', 'closes_at <= ?', query.closesBefore);
  if (query.subjects !== null && open('subjects')) {
    add('subject', `subject IN (${marks(query.subjects)})`, ...query.subjects);
  }
  if (open('client')) add('client', 'client = ?', query.client);
  if (open('resource')) add('resource', 'resource = ?', query.resource);
  if (open('control')) {
    add('control_set', 'control_set IN (SELECT control_set FROM case_controls WHERE control = ?)', query.control);
  }
  return {
    columns: [...new Set(rest.flatMap(({ columns }) => columns))],
    sql: rest.map(({ condition: [sql] }) => sql).join(' AND ') || 'true',
    values: rest.flatMap(({ condition: [, ...values] }) => values),
  };
}

function marks(values: readonly unknown[]): string {
  return values.map(() => '?').join(', ');
}
