import { z } from 'zod';
import { instantSchema } from '../base/instant.ts';
import { assuranceSchema, obligationSchema, tierSchema } from './evaluation.ts';

export const OUTCOMES = ['allow', 'deny', 'approval_required'] as const;
export const outcomeSchema = z.enum(OUTCOMES).meta({ id: 'Outcome', description: 'What was decided.' });
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
  .meta({
    id: 'UnmetRequirement',
    description: 'A requirement that is not met: `have` of `need` persons have approved.',
  });

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
        'All requirements are met, but the policy changed after the approvals were given: an eligible approver has to confirm',
    }),
    counted: z.array(z.strictObject({ approval: z.string(), person: z.string(), requirement: z.string().nullable() })),
    not_counted: z.array(z.strictObject({ approval: z.string(), code: z.string() })),
    obligations: z.array(obligationSchema),
    expires_at: instantSchema.nullable(),
    review_by: instantSchema.nullable(),
    closes_at: instantSchema
      .nullable()
      .meta({ description: 'When the case stops accepting verdicts; null if it is not open' }),
    controls: z.array(z.string()),
  })
  .meta({ id: 'Decision', description: 'What Countersign decided, and why each approval counts or does not.' });
export type Decision = z.infer<typeof decisionSchema>;
