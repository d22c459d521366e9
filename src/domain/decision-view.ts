import type { Decision } from '../contract/decision.ts';
import { barredBy } from './approval/separation-of-duties.ts';
import { decide } from './decision.ts';
import type { RecordDraft } from './record.ts';

/**
 * The decision of a record at a later instant, if nothing happened since: approvals expire, and are requested again. Only a
 * case that waits for approval changes with time. It is a function of the record and the instant, so that anyone who has the
 * record can compute it.
 */
export function decisionAt(record: RecordDraft, now: string): Decision {
  const { decision, evaluation, approvals, opened, request_digest } = record;
  if (decision.outcome !== 'approval_required' || evaluation === null || now <= record.evaluated_at) return decision;
  return decide({
    evaluation,
    approvals,
    barred: barredBy(opened.persons),
    undetermined: [],
    forbidden: [],
    before: decision,
    occasion: { by: 'sweep' },
    case: record.case,
    requestDigest: request_digest as Parameters<typeof decide>[0]['requestDigest'],
    openedAt: opened.at,
    now,
  });
}
