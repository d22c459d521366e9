import type { ApprovalStatus } from '../../contract/approval.ts';
import type { DecisionRecord } from '../../contract/record.ts';
import { decisionAt } from '../decision-view.ts';

/** The status of each approval of a record at an instant, in the order in which they were given. */
export function approvalStatuses(record: DecisionRecord, now: string): ApprovalStatus[] {
  const { approvals } = record;
  const decision = decisionAt(record, now);
  const places = new Map(decision.counted.map((place) => [place.approval, place]));
  const codes = new Map(decision.not_counted.map(({ approval, code }) => [approval, code]));
  return approvals.map(({ id, approver, verdict, at, expires_at }) => ({
    approval: id,
    approver: approver.identity,
    person: approver.person,
    assurance: approver.assurance,
    verdict,
    at,
    expires_at,
    counts: places.has(id),
    requirement: places.get(id)?.requirement ?? null,
    code: codes.get(id) ?? null,
  }));
}
