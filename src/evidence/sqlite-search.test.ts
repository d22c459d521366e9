import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { prepareConnection, prepareSchema } from './sqlite-schema.ts';
import { prepareSearch, searchStatement } from './sqlite-search.ts';
import type { CaseQuery, Position } from './store.ts';
import { caseQuery } from './store-contract.ts';

const newFile = () => join(mkdtempSync(join(tmpdir(), 'countersign-search-')), 'countersign.db');
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
    ['open and client', 'cases_by_outcome (outcome=? AND tier=?', { outcomes: ['approval_required'], client: 'ci' }],
    ['kind and client', 'cases_by_kind (kind=?', { kind: 'x/y', client: 'ci' }],
    ['client', 'cases_by_client (client=?', { client: 'ci' }],
    ['control', 'cases_by_controls (control_set=?', { control: 'AC-2' }],
    ['control and all the rest', 'cases_by_controls (control_set=?', { control: 'AC-2', kind: 'x/y', client: 'ci' }],
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

  it('by subject and client: seeks, and looks the client up in the case', () => {
    const steps = plan({ subjects: ['a'], client: 'ci' }).filter((step) => step.includes('cases'));
    expect(steps).toEqual([expect.stringContaining('SEARCH cases USING INDEX cases_by_subject (subject=? AND ')]);
  });
});

describe('a page', () => {
  it('looks at a bounded number of cases, and the next one goes on from there', async () => {
    const file = newFile();
    const db = new DatabaseSync(file);
    prepareConnection(db);
    prepareSchema(db);
    db.exec(`WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 45000)
      INSERT INTO cases (decision, last_policy, id, seq, record, client, kind, subject, resource, outcome, tier, at, expires_at, control_set)
        SELECT 'r', 'p', printf('c%06d', i), 0, 'r', iif(i = 0, 'rare', 'ci'), 'x/y', 's', 'r', 'allow', 'low',
        printf('%06d', i), '2026', 0 FROM n`);
    const search = prepareSearch(db);
    const pages: string[][] = [];
    for (let after: Position | null = caseQuery().after; after !== null; ) {
      const page = search(caseQuery({ kind: 'x/y', client: 'rare', after }));
      pages.push(page.cases.map((each) => each.case));
      after = page.next;
    }
    expect(pages).toEqual([[], [], ['c000000']]);
    db.close();
  });
});
