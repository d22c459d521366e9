import type { Answer, UnsignedAnswer } from '../contract/answer.ts';
import type { Sentences } from './catalogue.ts';
import { decisionAt } from './decision-view.ts';
import type { RecordDraft } from './record.ts';
import { lifetimeCut, summarise } from './summary.ts';

/** `asOf` is the instant of the question, in the form of records; `sentences` are those of the active policy. */
export function toAnswer(record: RecordDraft, jws: string, asOf: string, sentences: Sentences = {}): Answer {
  return { ...toUnsignedAnswer(record, sentences, asOf), record: jws };
}

/** All members of an answer except the signed record. */
export function toUnsignedAnswer(
  record: RecordDraft,
  sentences: Sentences,
  asOf = record.evaluated_at,
): UnsignedAnswer {
  const { decision } = record;
  const now = decisionAt(record, asOf);
  return {
    id: record.jti,
    case: record.case,
    outcome: decision.outcome,
    tier: decision.tier,
    denials: decision.denials,
    summary: summarise({ ...record, decision: { ...now, outcome: decision.outcome } }, sentences),
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
