import { z } from 'zod';
import { instantSchema } from '../base/instant.ts';
import { decisionSchema, outcomeSchema } from './decision.ts';
import { decisionAt } from './decision-view.ts';
import { obligationSchema, tierSchema } from './evaluation.ts';
import { grantStateSchema } from './grant.ts';
import type { RecordDraft } from './record.ts';
import { lifetimeCut, summarise } from './summary.ts';

/** What a caller gets for a decision. The record is the evidence; everything beside it is read from it. */
export const answerSchema = z
  .strictObject({
    id: z.uuid(),
    case: z.uuid(),
    outcome: outcomeSchema,
    tier: tierSchema,
    denials: z.array(z.strictObject({ code: z.string() })),
    summary: z.string().max(4000),
    next: decisionSchema.shape.unmet.meta({ description: 'What is still missing, at the instant `as_of`' }),
    confirmation_needed: decisionSchema.shape.confirmation_needed,
    not_counted: z
      .array(z.strictObject({ approval: z.uuid(), approver: z.string(), code: z.string() }))
      .meta({ description: 'Verdicts that do not count, and why' }),
    obligations: z.array(obligationSchema),
    expires_at: instantSchema.nullable(),
    review_by: instantSchema.nullable(),
    closes_at: decisionSchema.shape.closes_at,
    lifetime_cut: z
      .strictObject({ requested_seconds: z.int(), given_seconds: z.int() })
      .nullable()
      .meta({ description: 'Sent where policy gives less time than was asked for; else null' }),
    controls: z.array(z.string()),
    as_of: instantSchema.meta({
      description:
        'When this was said. `next`, `confirmation_needed` and `not_counted` change with time, as approvals expire',
    }),
    record: z.string().meta({ description: 'The signed decision record: a compact JWS' }),
    latest: z
      .strictObject({
        id: z.uuid().meta({ description: 'The newest decision' }),
        seq: z.int(),
        outcome: outcomeSchema,
        ended: z
          .enum(['withdrawal', 'expiry'])
          .nullable()
          .meta({ description: 'What ended the case without a decision' }),
        grant: grantStateSchema.nullable(),
      })
      .optional()
      .meta({ description: 'Where the case stands now; sent when an idempotency key led to its first answer again' }),
  })
  .meta({ id: 'DecisionAnswer' });
export type Answer = z.infer<typeof answerSchema>;
export type UnsignedAnswer = Omit<Answer, 'record' | 'latest'>;

/** `asOf` is the instant of the question, in the form of records. */
export function toAnswer(record: RecordDraft, jws: string, asOf: string): Answer {
  return { ...toUnsignedAnswer(record, asOf), record: jws };
}

/** The answer as JSON text, where it comes without the record from a thread that need not write that twice. */
export function answerText(unsigned: string, jws: string): string {
  return `${unsigned.slice(0, -1)},"record":"${jws}"}`;
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
