import { z } from 'zod';
import { sha256Schema } from '../base/canonical-json.ts';
import { instantSchema } from '../base/instant.ts';

export const GRANT_STATES = ['active', 'due', 'overdue', 'expired', 'revoked'] as const;
export const grantStateSchema = z.enum(GRANT_STATES).meta({
  id: 'GrantState',
  description:
    'active: in force; due: a review is asked for; overdue: a review is late; expired: over, and no review is owed; ' +
    'revoked: taken back, for ever',
});
export type GrantState = z.infer<typeof grantStateSchema>;

export const reviewVerdictSchema = z.enum(['keep', 'revoke']);
export type ReviewVerdict = z.infer<typeof reviewVerdictSchema>;

/** How a grant stands, whatever the time: what an allow gave, and what reviews and others made of it. */
export const standingSchema = z
  .strictObject({
    expires_at: instantSchema,
    review_by: instantSchema.nullable().meta({ description: 'Until when the next review is owed; null where none is' }),
    review: reviewVerdictSchema.nullable().meta({ description: 'The verdict of the last review' }),
    due: z.string().nullable().meta({ description: 'A code that says why a review is asked for before its date' }),
    revoked_at: instantSchema.nullable(),
    judged_by: sha256Schema
      .nullable()
      .meta({ description: 'The digest of the policy that was active at the last evaluation or review; null before' }),
  })
  .meta({ id: 'Standing' });
export type Standing = z.infer<typeof standingSchema>;

/** The allow that a statement is about. */
export const grantReferenceSchema = z.strictObject({ jti: z.uuid(), digest: sha256Schema });
