import { z } from 'zod';
import { instantSchema } from '../base/instant.ts';
import { integerText } from '../base/text.ts';
import { approvalStatusSchema } from './approval.ts';
import { decisionSchema, outcomeSchema } from './decision.ts';
import { tierSchema } from './evaluation.ts';
import { grantStatusSchema } from './grant.ts';

/** How many records one page of a case may hold. */
const MAX_PAGE = 100;

export const casePageQuerySchema = z.object({
  after: integerText(-1, 999_999_999).default(-1).meta({ description: 'Only records with a seq above this one' }),
  limit: integerText(1, MAX_PAGE)
    .default(MAX_PAGE)
    .meta({ description: `At most this many records: 1 to ${MAX_PAGE}, the default` }),
});

/** The head of a case, and one page of its chain of records. */
export const caseSchema = z
  .strictObject({
    case: z.uuid(),
    kind: z.string(),
    outcome: outcomeSchema,
    tier: tierSchema,
    seq: z.int(),
    latest: z.uuid().meta({ description: 'The id of the newest record' }),
    at: instantSchema,
    expires_at: instantSchema.nullable(),
    closes_at: decisionSchema.shape.closes_at,
    as_of: instantSchema.meta({
      description:
        'The instant that this page describes: `next`, `approvals` and the state of the grant change with time',
    }),
    next: decisionSchema.shape.unmet.meta({ description: 'The requirements that are not met' }),
    confirmation_needed: decisionSchema.shape.confirmation_needed,
    approvals: z.array(approvalStatusSchema).meta({ description: 'Every verdict so far, and whether it counts' }),
    grant_status: grantStatusSchema.nullable().meta({ description: 'Null if nothing was granted' }),
    chain: z.array(z.strictObject({ id: z.uuid(), seq: z.int(), record: z.string() })),
    next_after: z.int().nullable().meta({ description: 'The `after` of the next page; null at the end' }),
  })
  .meta({ id: 'Case', description: 'The head of a case, and one page of its chain of records.' });
export type Case = z.infer<typeof caseSchema>;
