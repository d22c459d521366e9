import { z } from 'zod';
import { instantSchema } from './approval.ts';
import { decisionSchema, outcomeSchema } from './decision.ts';
import { obligationSchema, tierSchema } from './evaluation.ts';
import { grantStateSchema } from './grant.ts';
import type { RecordDraft } from './record.ts';
import { summarise } from './summary.ts';

/** What a caller gets for a decision. The record is the evidence; everything beside it is read from it. */
export const answerSchema = z
  .strictObject({
    id: z.uuid(),
    case: z.uuid(),
    outcome: outcomeSchema,
    tier: tierSchema,
    denials: z.array(z.strictObject({ code: z.string() })),
    summary: z.string().max(4000),
    next: decisionSchema.shape.unmet,
    not_counted: z
      .array(z.strictObject({ approval: z.uuid(), approver: z.string(), code: z.string() }))
      .meta({ description: 'Verdicts that do not count, and why' }),
    obligations: z.array(obligationSchema),
    expires_at: instantSchema.nullable(),
    review_by: instantSchema.nullable(),
    controls: z.array(z.string()),
    record: z.string().meta({ description: 'The signed decision record: a compact JWS' }),
    latest: z
      .strictObject({ id: z.uuid(), seq: z.int(), outcome: outcomeSchema, grant: grantStateSchema.nullable() })
      .optional()
      .meta({ description: 'Where the case stands now; sent when an idempotency key led to its first answer again' }),
  })
  .meta({ id: 'DecisionAnswer' });
export type Answer = z.infer<typeof answerSchema>;
export type UnsignedAnswer = Omit<Answer, 'record' | 'latest'>;

export function toAnswer(record: RecordDraft, jws: string): Answer {
  return { ...toUnsignedAnswer(record), record: jws };
}

/** The answer as JSON text, where it comes without the record from a thread that need not write that twice. */
export function answerText(unsigned: string, jws: string): string {
  return `${unsigned.slice(0, -1)},"record":"${jws}"}`;
}

/** All of an answer but the signed record itself. */
export function toUnsignedAnswer(record: RecordDraft): UnsignedAnswer {
  const { decision } = record;
  return {
    id: record.jti,
    case: record.case,
    outcome: decision.outcome,
    tier: decision.tier,
    denials: decision.denials,
    summary: summarise(record),
    next: decision.unmet,
    not_counted: decision.not_counted.map(({ approval, code }) => ({
      approval,
      approver: record.approvals.find(({ id }) => id === approval)?.approver.identity ?? '',
      code,
    })),
    obligations: decision.obligations,
    expires_at: decision.expires_at,
    review_by: decision.review_by,
    controls: decision.controls,
  };
}
