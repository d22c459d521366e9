import { z } from 'zod';
import { instantSchema } from '../base/instant.ts';
import { type FollowUp, followUpSchema } from './follow-up.ts';
import { type GrantState, grantStateSchema } from './grant.ts';

/** What a caller gets for a statement that follows on a grant. The record is the evidence. */
export const followUpAnswerSchema = z
  .strictObject({
    id: z.uuid(),
    case: z.uuid(),
    statement: z.enum(followUpSchema.options.map(({ shape }) => shape.statement.value)),
    at: instantSchema,
    state: grantStateSchema.meta({ description: 'How the grant stands now, whatever followed on this record' }),
    expires_at: instantSchema,
    review_by: instantSchema.nullable(),
    due: z.string().nullable(),
    record: z.string().meta({ description: 'The signed record: a compact JWS' }),
  })
  .meta({ id: 'FollowUpAnswer' });
export type FollowUpAnswer = z.infer<typeof followUpAnswerSchema>;

export function toFollowUpAnswer(record: FollowUp, jws: string, state: GrantState): FollowUpAnswer {
  const { jti: id, case: caseId, statement, at, standing } = record;
  const { expires_at, review_by, due } = standing;
  return { id, case: caseId, statement, at, state, expires_at, review_by, due, record: jws };
}
