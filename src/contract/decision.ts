import { z } from 'zod';
import { instantSchema } from '../base/instant.ts';
import { assuranceSchema, obligationSchema, tierSchema } from './evaluation.ts';

export const OUTCOMES = ['allow', 'deny', 'approval_required'] as const;
export const outcomeSchema = z.enum(OUTCOMES).meta({ id: 'Outcome' });
export type Outcome = z.infer<typeof outcomeSchema>;

const unmetSchema = z
  .strictObject({
    requirement: z.string(),
    any_of: z.array(z.string()),
    have: z.int(),
    need: z.int(),
    min_assurance: assuranceSchema.optional(),
    max_authentication_age_seconds: z.int().optional(),
  })
  .meta({ id: 'UnmetRequirement' });

/** What Countersign decided, and why each approval did or did not count. */
export const decisionSchema = z
  .strictObject({
    outcome: outcomeSchema,
    tier: tierSchema,
    denials: z.array(z.strictObject({ code: z.string() })),
    satisfied: z.array(z.string()).meta({ description: 'Ids of the requirements that are met' }),
    unmet: z.array(unmetSchema),
    confirmation_needed: z.boolean().meta({
      description:
        'All requirements are met, but by no verdict that was given for what is shown now: somebody whose verdict counts has to confirm it',
    }),
    counted: z.array(z.strictObject({ approval: z.string(), person: z.string(), requirement: z.string().nullable() })),
    not_counted: z.array(z.strictObject({ approval: z.string(), code: z.string() })),
    obligations: z.array(obligationSchema),
    expires_at: instantSchema.nullable(),
    review_by: instantSchema.nullable(),
    closes_at: instantSchema.nullable().meta({ description: 'Until when an open case takes verdicts' }),
    controls: z.array(z.string()),
  })
  .meta({ id: 'Decision' });
export type Decision = z.infer<typeof decisionSchema>;
