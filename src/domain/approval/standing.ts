import { z } from 'zod';
import { instantSchema } from '../../base/instant.ts';
import { decisionAt } from '../decision-view.ts';
import { assuranceSchema } from '../evaluation.ts';
import type { DecisionRecord } from '../record.ts';
import { verdictSchema } from './approval.ts';

/** One approval of a case, and whether it counts in the decision. */
export const approvalStandingSchema = z
  .strictObject({
    approval: z.uuid(),
    approver: z.string(),
    person: z.string().nullable(),
    assurance: assuranceSchema,
    verdict: verdictSchema,
    at: instantSchema,
    expires_at: instantSchema,
    counts: z.boolean(),
    requirement: z.string().nullable().meta({ description: 'For which it counts; null for a reject' }),
    code: z.string().nullable().meta({ description: 'Why it does not count' }),
  })
  .meta({ id: 'ApprovalStanding' });
export type ApprovalStanding = z.infer<typeof approvalStandingSchema>;

/** How each approval of a record stands at an instant, in the order in which they were given. */
export function approvalStandings(record: DecisionRecord, now: string): ApprovalStanding[] {
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
