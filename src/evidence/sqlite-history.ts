import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import type { Outcome } from '../domain/decision.ts';
import type { Tier } from '../domain/evaluation.ts';
import type { HistorySource, KnownCase } from './history.ts';

type Row = [id: string, subject: string, resource: string, ...(string | null)[]];

const COLUMNS = 'id, subject, resource, team, kind, outcome, tier, at, expires_at, review, review_by, revoked_at';

export function prepareHistorySource(db: DatabaseSync): HistorySource {
  function statement(index: string, where: string, order: string): StatementSync {
    const prepared = db.prepare(
      `SELECT ${COLUMNS} FROM cases INDEXED BY ${index} WHERE ${where} ORDER BY ${order} LIMIT ?`,
    );
    prepared.setReturnArrays(true);
    return prepared;
  }
  const byAge = 'at DESC, id DESC';
  const newest = {
    subject: statement('cases_by_subject', 'subject = ?', byAge),
    resource: statement('cases_by_resource', 'resource = ?', byAge),
  };
  const granted = {
    subject: statement('granted_by_subject', "subject = ? AND kind = ? AND outcome = 'allow'", byAge),
    resource: statement('granted_by_resource', "resource = ? AND kind = ? AND outcome = 'allow'", byAge),
  };
  const ofTeam = 'team = ? AND team IS NOT NULL AND kind = ? AND review_by IS NOT NULL';
  const toReview = statement('cases_of_team_to_review', ofTeam, 'review_by, id');

  const read = (prepared: StatementSync, ...values: SQLInputValue[]) =>
    (prepared.all(...values) as unknown as Row[]).map(toKnownCase);
  return {
    newest: ({ by, key }, limit) => read(newest[by], key, limit),
    granted: ({ by, key }, kind, limit) => read(granted[by], key, kind, limit),
    toReview: (team, kind, limit) => read(toReview, team, kind, limit),
  };
}

function toKnownCase([
  id,
  subject,
  resource,
  team,
  kind,
  outcome,
  tier,
  at,
  expires_at,
  review,
  review_by,
  revoked_at,
]: Row): KnownCase {
  return {
    case: id,
    subject,
    resource,
    team: team ?? null,
    kind: kind ?? '',
    outcome: outcome as Outcome,
    tier: tier as Tier,
    at: at ?? '',
    expires_at: expires_at ?? null,
    review: review as KnownCase['review'],
    review_by: review_by ?? null,
    revoked_at: revoked_at ?? null,
  };
}
