import { z } from 'zod';
import { instantSchema } from '../base/instant.ts';
import { endingSchema } from './case-end.ts';
import { decisionSchema, outcomeSchema } from './decision.ts';
import { obligationSchema, tierSchema } from './evaluation.ts';
import { grantStateSchema, standingSchema } from './grant.ts';
import { grantEventSchema } from './grant-event.ts';

/** The answer to a decision. The record is the evidence; all other members are derived from it. */
export const answerSchema = z
  .strictObject({
    id: z.uuid(),
    case: z.uuid(),
    outcome: outcomeSchema,
    tier: tierSchema,
    denials: z.array(z.strictObject({ code: z.string() })),
    summary: z.string().max(4000),
    next: decisionSchema.shape.unmet.meta({ description: 'The requirements that are not met at `as_of`' }),
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
      .meta({ description: 'Set if the policy gives less time than was requested; otherwise null' }),
    controls: z.array(z.string()),
    as_of: instantSchema.meta({
      description:
        'The instant that this answer describes: `next`, `confirmation_needed` and `not_counted` change as approvals expire',
    }),
    record: z.string().meta({ description: 'The signed decision record: a compact JWS' }),
    latest: z
      .strictObject({
        id: z.uuid().meta({ description: 'The id of the newest decision of the case' }),
        seq: z.int(),
        outcome: outcomeSchema,
        ended: z
          .enum(['withdrawal', 'expiry'])
          .nullable()
          .meta({ description: 'What ended the case, if it was not a decision' }),
        grant_state: grantStateSchema.nullable().meta({ description: 'Null if nothing was granted' }),
      })
      .optional()
      .meta({ description: 'The current status of the case; sent if the idempotency key was used before' }),
  })
  .meta({
    id: 'DecisionAnswer',
    description: 'A decision. The record is the evidence; all other members are derived from it.',
  });
export type Answer = z.infer<typeof answerSchema>;
export type UnsignedAnswer = Omit<Answer, 'record' | 'latest'>;

/** The answer to a statement on a grant. The record is the evidence. */
export const grantEventAnswerSchema = z
  .strictObject({
    id: z.uuid(),
    case: z.uuid(),
    statement: z.enum(grantEventSchema.options.map(({ shape }) => shape.statement.value)),
    at: instantSchema,
    grant_state: grantStateSchema.meta({ description: 'The state of the grant now, after all records of the case' }),
    expires_at: instantSchema,
    review_by: instantSchema.nullable(),
    review_reason: standingSchema.shape.due,
    record: z.string().meta({ description: 'The signed record: a compact JWS' }),
  })
  .meta({ id: 'GrantEventAnswer', description: 'An event of a grant, as recorded. The record is the evidence.' });
export type GrantEventAnswer = z.infer<typeof grantEventAnswerSchema>;

/** The answer to a statement that ends a case. The record is the evidence. */
export const endingAnswerSchema = z
  .strictObject({
    id: z.uuid(),
    case: z.uuid(),
    statement: z.enum(endingSchema.options.map(({ shape }) => shape.statement.value)),
    at: instantSchema,
    outcome: z.literal('deny').meta({ description: 'The outcome of the case, which has ended' }),
    record: z.string().meta({ description: 'The signed record: a compact JWS' }),
  })
  .meta({ id: 'CaseEndAnswer', description: 'What ended a case without a decision. The record is the evidence.' });
export type EndingAnswer = z.infer<typeof endingAnswerSchema>;
