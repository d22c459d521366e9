import type { DatabaseSync } from 'node:sqlite';
import { AppError } from '../../base/errors.ts';
import type { CaseHead, SweepMark } from '../store.ts';
import { prepareControlSets } from './control-sets.ts';
import type { RowMacs } from './row-mac.ts';

/** The columns of a CaseHead and its MAC, of `cases` joined with `control_sets`; see readCaseRow. */
export const CASE_COLUMNS = `cases.id AS "case", cases.seq, cases.record, decision, client, kind, subject, resource, team, outcome, tier,
  cases.at, expires_at, closes_at, last_policy, review_by, review, due, revoked_at, judged_by, control_sets.controls, cases.mac`;

/** To be selected from; the cases come first, so that an index of theirs gives the order. */
export function casesBy(index: string): string {
  return `cases INDEXED BY ${index} CROSS JOIN control_sets ON control_sets.id = cases.control_set`;
}

export const CASE_BY_ID = `SELECT ${CASE_COLUMNS} FROM cases
  CROSS JOIN control_sets ON control_sets.id = cases.control_set WHERE cases.id = ?`;

/** The head in a row; null for no row. Throws AppError `record_invalid` where the row is not one that the store wrote. */
export function readCaseRow(row: unknown, macs: RowMacs): CaseHead | null {
  if (row === undefined) return null;
  const { controls, mac, ...rest } = row as Omit<CaseHead, 'controls'> & { controls: string; mac: unknown };
  const head: CaseHead = { ...rest, controls: parseControls(controls) };
  if (macs.isOfCase(head, mac)) return head;
  throw new AppError('record_invalid', `The row of case ${head.case} in the database was not written by this service.`);
}

function parseControls(text: string): string[] {
  try {
    return JSON.parse(text) as string[];
  } catch {
    return []; // Then the row does not verify.
  }
}

/** Writes rows of cases, within a transaction of the caller. */
export interface CaseRows {
  /** False if the case exists already. */
  insert(head: CaseHead): boolean;
  /** The subject and resource of a case do not change. False if the row is not at the previous `seq`. */
  advance(head: CaseHead): boolean;
  /** Does nothing if the case has changed since. */
  markSwept(mark: SweepMark): void;
  has(caseId: string): boolean;
}

const NAMES = [
  'id, seq, record, decision, client, kind, subject, resource, team, outcome, tier, at, expires_at, closes_at, last_policy',
  'review_by, review, due, revoked_at, judged_by',
].join(', ');
const VALUES = NAMES.split(', ').map((name) => (name === 'id' ? ':case' : `:${name}`));
const CHANGING = NAMES.split(', ').filter(
  (name) => !['id', 'client', 'kind', 'subject', 'resource', 'team'].includes(name),
);

export function prepareCaseRows(db: DatabaseSync, macs: RowMacs): CaseRows {
  const insert = db.prepare(
    `INSERT INTO cases (${NAMES}, control_set, mac) VALUES (${VALUES.join(', ')}, :controlSet, :mac) ON CONFLICT DO NOTHING`,
  );
  const update = db.prepare(`UPDATE cases SET ${CHANGING.map((name) => `${name} = :${name}`).join(', ')},
    control_set = :controlSet, mac = :mac WHERE id = :case`);
  const mark = db.prepare('UPDATE cases SET last_policy = ?, mac = ? WHERE id = ?');
  const find = db.prepare(CASE_BY_ID);
  const exists = db.prepare('SELECT 1 FROM cases WHERE id = ?');
  const controlSetOf = prepareControlSets(db);
  const current = (caseId: string) => readCaseRow(find.get(caseId), macs);

  return {
    insert(given) {
      const { controls, ...head } = given;
      const { id: controlSet, controls: sorted } = controlSetOf(controls);
      return insert.run({ ...head, controlSet, mac: macs.ofCase({ ...head, controls: sorted }) }).changes > 0;
    },
    advance(given) {
      const before = current(given.case);
      if (before === null || before.seq !== given.seq - 1) return false;
      const { client, kind, subject, resource, team } = before;
      const { id: controlSet, controls } = controlSetOf(given.controls);
      const mac = macs.ofCase({ ...given, controls, client, kind, subject, resource, team });
      const { controls: _, client: _c, kind: _k, subject: _s, resource: _r, team: _t, ...changing } = given;
      return update.run({ ...changing, controlSet, mac }).changes > 0;
    },
    markSwept({ case: caseId, seq, policy }) {
      const head = current(caseId);
      if (head === null || head.seq !== seq) return;
      mark.run(policy, macs.ofCase({ ...head, last_policy: policy }), caseId);
    },
    has: (caseId) => exists.get(caseId) !== undefined,
  };
}
