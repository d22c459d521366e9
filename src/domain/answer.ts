import type { Answer, UnsignedAnswer } from '../contract/answer.ts';
import { decisionAt } from './decision-view.ts';
import type { RecordDraft } from './record.ts';
import { lifetimeCut, summarise } from './summary.ts';

/** `asOf` is the instant of the question, in the form of records. */
export function toAnswer(record: RecordDraft, jws: string, asOf: string): Answer {
  return { ...toUnsignedAnswer(record, asOf), record: jws };
}

/** All of an answer but the signed record itself. */
export function toUnsignedAnswer(record: RecordDraft, asOf = record.evaluated_at): UnsignedAnswer {
  const { decision } = record;
  const now = decisionAt(record, asOf);
  return {
    id: record.jti,
    case: record.case,
    outcome: decision.outcome,
    tier: decision.tier,
    denials: decision.denials,
    summary: summarise({ ...record, decision: { ...now, outcome: decision.outcome } }),
    next: now.unmet,
    confirmation_needed: now.confirmation_needed,
    not_counted: now.not_counted.map(({ approval, code }) => ({
      approval,
      approver: record.approvals.find(({ id }) => id === approval)?.approver.identity ?? '',
      code,
    })),
    obligations: decision.obligations,
    expires_at: decision.expires_at,
    review_by: decision.review_by,
    closes_at: decision.closes_at,
    lifetime_cut: lifetimeCut(record),
    controls: decision.controls,
    as_of: asOf,
  };
}
