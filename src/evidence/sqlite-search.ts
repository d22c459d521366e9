import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import { OUTCOMES } from '../domain/decision.ts';
import { TIERS } from '../domain/evaluation.ts';
import type { CaseHead, CasePage, CaseQuery, Position } from './store.ts';

/** How many entries of an index one page looks at; some tens of ms of the thread that serves HTTP. */
const MAX_LOOK = 20_000;

/** A statement merges at most 500 ranges (SQLITE_MAX_COMPOUND_SELECT), and each takes its time. */
const MAX_CONTROL_SETS = 64;

/** The columns of a CaseHead, of `cases` joined with `control_sets`; see toCaseHead. */
export const CASE_COLUMNS = `cases.id AS "case", cases.seq, cases.record, decision, client, kind, subject, resource, team, outcome, tier,
  cases.at, expires_at, closes_at, last_policy, review_by, review, due, revoked_at, judged_by, control_sets.controls`;

export function toCaseHead(row: unknown): CaseHead | null {
  if (row === undefined) return null;
  const { controls, ...head } = row as Omit<CaseHead, 'controls'> & { controls: string };
  return { ...head, controls: JSON.parse(controls) as string[] };
}

type Condition = readonly [sql: string, ...values: SQLInputValue[]];

/** An index, and the parts of it that hold what is wanted: within each of them the order is that of pages. */
interface Ranges {
  index: string;
  ranges: Condition[];
  /** What the ranges see to. */
  settled: readonly (keyof CaseQuery)[];
}

/** See Store.search. */
export function prepareSearch(db: DatabaseSync): (query: CaseQuery) => CasePage {
  const head = db.prepare(`SELECT ${CASE_COLUMNS} FROM cases JOIN control_sets ON control_sets.id = cases.control_set
    WHERE cases.id = ?`);
  const begin = db.prepare('BEGIN');
  const end = db.prepare('COMMIT');
  return (query) => {
    begin.run(); // One look at the database: what is found is still there when it is read.
    try {
      const ranges = rangesOf(query, controlSetsOf(db, query));
      if (ranges.ranges.length === 0) return { cases: [], next: null };
      const { found, next } = findPage(db, query, ranges);
      return { cases: found.flatMap(({ id }) => toCaseHead(head.get(id)) ?? []), next };
    } finally {
      end.run();
    }
  };
}

function findPage(db: DatabaseSync, query: CaseQuery, ranges: Ranges): { found: Position[]; next: Position | null } {
  const page = pageStatement(query, ranges);
  const found = db.prepare(page.sql).all(...page.values) as unknown as Position[];
  if (found.length > query.limit) return { found: found.slice(0, -1), next: found.at(-2) ?? null };
  // So few were found: at the end of all cases, or where the look ended.
  const look = lookStatement(query, ranges, []);
  const last = db.prepare(`${look.sql} OFFSET ${MAX_LOOK - 1}`).get(...look.values) as Position | undefined;
  return { found, next: last === undefined ? null : { at: last.at, id: last.id } };
}

interface Statement {
  sql: string;
  values: SQLInputValue[];
}

/** Exported for the test that looks at how SQLite goes about it. */
export function searchStatement(db: DatabaseSync, query: CaseQuery): Statement {
  return pageStatement(query, rangesOf(query, controlSetsOf(db, query)));
}

/**
 * A subquery with a LIMIT is run as it stands, as a co-routine, and gives its rows in its order; to sort them again would mean
 * to look at all of them for every page.
 */
function pageStatement(query: CaseQuery, ranges: Ranges): Statement {
  const rest = restOf(query, ranges.settled);
  const look = lookStatement(query, ranges, rest.columns);
  return {
    sql: `SELECT at, id FROM (${look.sql}) WHERE ${rest.sql} LIMIT ?`,
    values: [...look.values, ...rest.values, query.limit + 1],
  };
}

/** The ranges, merged in the order of pages (SQLite runs them side by side), as far as one page looks. */
function lookStatement({ from, after }: CaseQuery, { index, ranges }: Ranges, columns: readonly string[]): Statement {
  const select = `SELECT ${['at', 'id', ...columns].join(', ')} FROM cases INDEXED BY ${index}`;
  const arms = ranges.map(([sql]) => `${select} WHERE ${sql} AND at >= ? AND (at, id) < (?, ?)`);
  return {
    sql: `${arms.join(' UNION ALL ')} ORDER BY at DESC, id DESC LIMIT ${MAX_LOOK}`,
    values: ranges.flatMap(([, ...values]) => [...values, from, after.at, after.id]),
  };
}

/** Begins with what leads to the fewest cases as a rule. */
function rangesOf(query: CaseQuery, controlSets: readonly number[] | null): Ranges {
  const { subjects, resource, kind, client, outcomes } = query;
  if (subjects !== null) {
    const ranges = subjects.map((subject): Condition => ['subject = ?', subject]);
    return { index: 'cases_by_subject', ranges, settled: ['subjects'] };
  }
  if (resource !== null) {
    return { index: 'cases_by_resource', ranges: [['resource = ?', resource]], settled: ['resource'] };
  }
  const rare = RARE_STATES[query.grant?.state ?? ''];
  if (rare !== undefined) return { ...rare, settled: [] };
  if (controlSets !== null && controlSets.length <= MAX_CONTROL_SETS) {
    const ranges = controlSets.map((set): Condition => ['control_set = ?', set]);
    return { index: 'cases_by_controls', ranges, settled: ['control'] };
  }
  // Open cases are few, since they end.
  if (outcomes.every((outcome) => outcome === 'approval_required')) return byOutcome(query);
  if (kind !== null) return { index: 'cases_by_kind', ranges: [['kind = ?', kind]], settled: ['kind'] };
  if (client !== null) return { index: 'cases_by_client', ranges: [['client = ?', client]], settled: ['client'] };
  return byOutcome(query);
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

/** The states of stateOf (domain/grant.ts) and isInForce, each with the columns that it looks at. Every mark is the time. */
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

/** What the ranges leave open. Columns that their index lacks are looked up in the case. */
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
  if (query.grant !== null) {
    const { state, now } = query.grant;
    const [condition, ...columns] = STATES[state];
    const times = Array.from({ length: condition.split('?').length - 1 }, () => now);
    rest.push({ columns, condition: [condition, ...times] });
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
