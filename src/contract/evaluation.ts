import { z } from 'zod';
import { jsonValue } from '../base/json-text.ts';

export const TIERS = ['low', 'medium', 'high', 'critical'] as const;
export const tierSchema = z.enum(TIERS).meta({ id: 'Tier', description: 'How risky the request is.' });
export type Tier = z.infer<typeof tierSchema>;

export const ASSURANCES = ['asserted', 'authenticated', 'signed'] as const;
export const assuranceSchema = z.enum(ASSURANCES).meta({
  id: 'Assurance',
  description:
    'How the approver was identified. asserted: named by a client; authenticated: by their own token; ' +
    'signed: by a signature with a registered key.',
});
export type Assurance = z.infer<typeof assuranceSchema>;

const code = z.string().regex(/^[a-z][a-z0-9_]{0,63}$/);
/** At most 100 years, so that adding it to an instant stays a date. */
const seconds = z.int().nonnegative().max(3_155_760_000);

export const requirementSchema = z
  .strictObject({
    id: z.string().min(1),
    any_of: z.array(z.string().min(1)).min(1),
    count: z.int(),
    code,
    min_assurance: assuranceSchema.optional(),
    max_authentication_age_seconds: seconds.positive().optional(),
  })
  .meta({ id: 'Requirement', description: 'How many persons of any of these groups have to approve.' });
export type Requirement = z.infer<typeof requirementSchema>;

export const obligationSchema = z
  .strictObject({ id: z.string().min(1), type: z.string().min(1), properties: z.record(z.string(), jsonValue) })
  .meta({ id: 'Obligation', description: 'What the system that acts on an allow has to do or comply with.' });
export type Obligation = z.infer<typeof obligationSchema>;

/**
 * What `approval/decision` returns. Scores are integers, lifetimes seconds. Lifetimes may be absent here, so that
 * decide() can refuse by name what lacks them; a missing lifetime never ends in an allow.
 */
export const evaluationSchema = z
  .strictObject({
    tier: tierSchema,
    score: z.int(),
    factors: z.array(z.strictObject({ id: z.string().min(1), score: z.int(), fact: jsonValue })),
    denials: z.array(z.strictObject({ code })),
    requirements: z.array(requirementSchema),
    eligible: z.array(z.strictObject({ approval: z.string(), group: z.string() })),
    ineligible: z.array(z.strictObject({ approval: z.string(), code })),
    obligations: z.array(obligationSchema),
    max_ttl_seconds: seconds.optional(),
    approval_ttl_seconds: seconds.optional(),
    review_after_seconds: seconds.optional(),
    case_ttl_seconds: seconds
      .positive()
      .optional()
      .meta({ description: 'For how many seconds the case accepts verdicts; 7 days if the policy sets nothing' }),
    requested_ttl_seconds: seconds.optional().meta({ description: 'The lifetime in the request, in seconds' }),
    controls: z.array(z.string().min(1)),
    facts: z.array(z.strictObject({ name: z.string().min(1), source: z.string().min(1) })),
  })
  .meta({ id: 'Evaluation', description: 'What the policy returned.' });
export type Evaluation = z.infer<typeof evaluationSchema>;
