import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { caseQuery, entry, STORE_OPTIONS } from '../entries.contract.ts';
import type { CaseQuery, Position } from '../store.ts';
import { prepareCaseRows } from './case-rows.ts';
import { createRowMacs } from './row-mac.ts';
import { prepareConnection, prepareSchema } from './schema.ts';
import { prepareSearch, searchStatement } from './search.ts';

const newFile = () => join(mkdtempSync(join(tmpdir(), 'countersign-search-')), 'countersign.db');
const macs = createRowMacs(STORE_OPTIONS.rowSecret);
const NOW = '2026-11-22T12:00:00.000Z';

describe('search by indices', () => {
  let db: DatabaseSync;

  beforeAll(() => {
    db = new DatabaseSync(newFile());
    prepareConnection(db);
    prepareSchema(db);
    db.exec(`INSERT INTO control_sets VALUES (1, '["AC-2"]'), (2, '["AC-2","AC-6"]');
      INSERT INTO case_controls VALUES ('AC-2', 1), ('AC-2', 2), ('AC-6', 2)`);
  });
  afterAll(() => db.close());

  const plan = (changes: Partial<CaseQuery>) => {
    const { sql, values } = searchStatement(db, caseQuery(changes));
    const steps = db.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...values) as { detail: string }[];
    return steps.map(({ detail }) => detail);
  };

  it.each<[string, string, Partial<CaseQuery>]>([
    ['nothing', 'cases_by_outcome (outcome=? AND tier=?', {}],
    ['time', 'cases_by_outcome (outcome=? AND tier=?', { from: NOW }],
    ['outcome', 'cases_by_outcome (outcome=? AND tier=?', { outcomes: ['deny'] }],
    ['tier', 'cases_by_outcome (outcome=? AND tier=?', { tiers: ['low'] }],
    ['state', 'cases_by_outcome (outcome=? AND tier=?', { outcomes: ['allow'], grant: { state: 'expired', now: NOW } }],
    [
      'grants in force',
      'cases_by_outcome (outcome=? AND tier=?',
      { outcomes: ['allow'], grant: { state: 'active', now: NOW } },
    ],
    ['subject', 'cases_by_subject (subject=?', { subjects: ['a', 'b'] }],
    ['subject and outcome', 'cases_by_subject (subject=?', { subjects: ['a'], outcomes: ['deny'], kind: 'x/y' }],
    ['resource', 'cases_by_resource (resource=?', { resource: 'r' }],
    ['kind', 'cases_by_kind (kind=?', { kind: 'x/y' }],
    ['kind, tier, outcome', 'cases_by_kind (kind=?', { kind: 'x/y', tiers: ['low'], outcomes: ['deny', 'allow'] }],
    ['client', 'cases_by_client (client=?', { client: 'ci' }],
    ['control', 'cases_by_controls (control_set=?', { control: 'AC-2' }],
    ['control and kind', 'cases_by_controls (control_set=?', { control: 'AC-2', kind: 'x/y' }],
  ])('by %s: seeks in an index that holds everything, and sorts nothing', (_what, index, changes) => {
    const steps = plan(changes);
    const seeks = steps.filter((step) => step.includes('cases'));
    expect(seeks.length).toBeGreaterThan(0);
    for (const step of seeks) {
      expect(step).toContain(`SEARCH cases USING COVERING INDEX ${index} AND `);
      expect(step).toContain('(at,id)<(?,?)');
    }
    expect(steps.join('\n')).not.toMatch(/SCAN cases|TEMP B-TREE/);
  });

  it.each<[string, Partial<CaseQuery>]>([
    ['kind', { kind: 'x/y' }],
    ['subject', { subjects: ['a', 'b'] }],
    ['open', { outcomes: ['approval_required'] }],
    ['control', { control: 'AC-2' }],
  ])('by %s and client: seeks the cases of the client, and looks the rest up in the case', (_what, changes) => {
    const steps = plan({ ...changes, client: 'ci' }).filter((step) => step.includes('SEARCH cases'));
    expect(steps).toEqual([expect.stringMatching(/INDEX cases_by_client \(client=\? AND at>\? AND \(at,id\)</)]);
  });

  it.each([
    ['due', 'cases_to_review'],
    ['overdue', 'cases_to_review'],
    ['revoked', 'cases_revoked'],
  ] as const)('for grants that are %s: looks at those alone that can be', (state, index) => {
    const steps = plan({ outcomes: ['allow'], grant: { state, now: NOW } });
    expect(steps.filter((step) => step.includes('cases'))).toEqual([
      expect.stringContaining(`USING INDEX ${index} (at>?`),
    ]);
    expect(steps.join('\n')).not.toContain('TEMP B-TREE');
  });
});

describe('a page', () => {
  it('looks at a bounded number of cases, and the next one goes on from there', async () => {
    const file = newFile();
    const db = new DatabaseSync(file);
    prepareConnection(db);
    prepareSchema(db);
    prepareCaseRows(db, macs).insert(
      entry('c000000', 0, { ...MANY, client: 'rare', at: '000000', controls: [] }).caseHead,
    );
    fillWith(db, 45_000);
    const search = prepareSearch(db, macs);
    const pages: string[][] = [];
    for (let after: Position | null = caseQuery().after; after !== null; ) {
      const page = search(caseQuery({ kind: 'x/y', tiers: ['high'], after }));
      expect(page.examined).toBeLessThanOrEqual(20_000);
      pages.push(page.cases.map((each) => each.case));
      after = page.next;
    }
    expect(pages).toEqual([[], [], ['c000000']]);
    db.close();
  });

  it.each<[string, Partial<CaseQuery>]>([
    ['a subject', { subjects: ['s'] }],
    ['a resource', { resource: 'r' }],
    ['a kind and what matches nothing', { kind: 'x/y', control: 'none' }],
    ['nothing but a state', { outcomes: ['allow'], grant: { state: 'due', now: NOW } }],
    ['the tier', { tiers: ['high'] }],
  ])('for a client of few cases looks at few, whatever others have, by %s', (_what, changes) => {
    const db = new DatabaseSync(newFile());
    prepareConnection(db);
    prepareSchema(db);
    const rows = prepareCaseRows(db, macs);
    for (const id of ['own1', 'own2']) rows.insert(entry(id, 0, { ...MANY, client: 'rare', at: '1' }).caseHead);
    fillWith(db, 20_000);
    const { examined, next } = prepareSearch(db, macs)(caseQuery({ ...changes, client: 'rare' }));
    expect(examined).toBeLessThanOrEqual(1010);
    expect(next).toBeNull();
    db.close();
  });
});

const MANY = {
  kind: 'x/y',
  subject: 's',
  resource: 'r',
  outcome: 'allow' as const,
  tier: 'high' as const,
  expires_at: '2026',
};

/** Cases of another client, of tier low and due, straight into the table: none of them is ever read as a whole. */
function fillWith(db: DatabaseSync, count: number): void {
  db.exec(`WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${count})
    INSERT INTO cases (decision, last_policy, id, seq, record, client, kind, subject, resource, outcome, tier, at,
      expires_at, control_set, review_by, mac)
    SELECT 'r', 'p', printf('c%06d', i), 0, 'r', 'ci', 'x/y', 's', 'r', 'allow', 'low', printf('%06d', i), '2026', 0,
      '2027', x'00' FROM n`);
}
