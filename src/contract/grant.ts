import { z } from 'zod';
import { sha256Schema } from '../base/canonical-json.ts';
import { instantSchema } from '../base/instant.ts';

export const GRANT_STATES = ['active', 'due', 'overdue', 'expired', 'revoked'] as const;
export const grantStateSchema = z.enum(GRANT_STATES).meta({
  id: 'GrantState',
  description:
    'active: in force; due: a review is due; overdue: a review is overdue; expired: ended, with no review outstanding; ' +
    'revoked: ended permanently by a review or a revocation',
});
export type GrantState = z.infer<typeof grantStateSchema>;

export const reviewVerdictSchema = z.enum(['keep', 'revoke']);
export type ReviewVerdict = z.infer<typeof reviewVerdictSchema>;

/** The status of a grant as records state it: what the allow gave, changed by every review, revocation and issuance since. It does not depend on the time. */
export const standingSchema = z
  .strictObject({
    expires_at: instantSchema,
    review_by: instantSchema
      .nullable()
      .meta({ description: 'The deadline of the next review; null if none is required' }),
    review: reviewVerdictSchema.nullable().meta({ description: 'The verdict of the last review' }),
    due: z
      .string()
      .nullable()
      .meta({ description: 'The code of the reason why a review is due before its date; null if there is none' }),
    revoked_at: instantSchema.nullable(),
    judged_by: sha256Schema
      .nullable()
      .meta({ description: 'The digest of the policy that was active at the last evaluation or review; null before' }),
  })
  .meta({ id: 'RecordedGrantStatus' });
export type Standing = z.infer<typeof standingSchema>;

/** The status of a grant at an instant, under the names of the API. */
export const grantStatusSchema = z
  .strictObject({
    state: grantStateSchema,
    expires_at: instantSchema,
    review_by: standingSchema.shape.review_by,
    review: standingSchema.shape.review,
    review_reason: standingSchema.shape.due,
    revoked_at: instantSchema.nullable(),
    last_policy: standingSchema.shape.judged_by,
  })
  .meta({ id: 'GrantStatus', description: 'The status of a grant at an instant.' });
export type GrantStatus = z.infer<typeof grantStatusSchema>;

/** The allow that a statement is about. */
export const grantReferenceSchema = z.strictObject({ jti: z.uuid(), digest: sha256Schema });
