import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import type { HistoryCase } from '../../domain/history/history.ts';
import type { CandidateSource } from '../candidates.ts';
import { CASE_COLUMNS, casesBy, readCaseRow } from './case-rows.ts';
import type { RowMacs } from './row-mac.ts';

export function prepareCandidateSource(db: DatabaseSync, macs: RowMacs): CandidateSource {
  const statement = (index: string, where: string, order: string) =>
    db.prepare(`SELECT ${CASE_COLUMNS} FROM ${casesBy(index)} WHERE ${where} ORDER BY ${order} LIMIT ?`);
  const byAge = 'at DESC, cases.id DESC';
  const newest = {
    subject: statement('cases_by_subject', 'subject = ?', byAge),
    resource: statement('cases_by_resource', 'resource = ?', byAge),
  };
  const granted = {
    subject: statement('granted_by_subject', "subject = ? AND kind = ? AND outcome = 'allow'", byAge),
    resource: statement('granted_by_resource', "resource = ? AND kind = ? AND outcome = 'allow'", byAge),
  };
  const ofTeam = 'team = ? AND team IS NOT NULL AND kind = ? AND review_by IS NOT NULL';
  const toReview = statement('cases_of_team_to_review', ofTeam, 'review_by, cases.id');

  /** A row that does not verify fails the whole read: skipping an overdue review would make a decision less strict. */
  const read = (prepared: StatementSync, ...values: SQLInputValue[]) =>
    prepared.all(...values).map((row) => readCaseRow(row, macs) as HistoryCase);
  return {
    newest: ({ by, key }, limit) => read(newest[by], key, limit),
    granted: ({ by, key }, kind, limit) => read(granted[by], key, kind, limit),
    toReview: (team, kind, limit) => read(toReview, team, kind, limit),
  };
}
