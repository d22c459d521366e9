import { z } from 'zod';
import { sha256Schema } from '../base/canonical-json.ts';
import { anyInstant, instantSchema } from '../base/instant.ts';
import { plainText, text, wordedText } from '../base/text.ts';
import { decisionSchema } from './decision.ts';
import { evaluationSchema } from './evaluation.ts';
import { grantReferenceSchema, reviewVerdictSchema, standingSchema } from './grant.ts';
import { builtinErrorSchema, callerSchema } from './record.ts';
import { statementMembers } from './statement-members.ts';

/** The body of a review. The service adds the person and the time. */
export const reviewRequestSchema = z
  .strictObject({ verdict: reviewVerdictSchema, comment: text(4000).default('') })
  .meta({ id: 'ReviewRequest', description: 'The verdict of a reviewer on a grant: keep it, or revoke it.' });
export type ReviewRequest = z.infer<typeof reviewRequestSchema>;

export const revocationRequestSchema = z
  .strictObject({
    reason: wordedText(4000),
  })
  .meta({ id: 'RevocationRequest', description: 'Revokes a grant permanently.' });
export type RevocationRequest = z.infer<typeof revocationRequestSchema>;

export const issuanceRequestSchema = z
  .strictObject({
    issuer: plainText(512).meta({ description: 'Who issued the credential' }),
    credential_ref: plainText(512).meta({
      description:
        'The reference by which the issuer finds the credential: a serial number, an accessor. Never the secret itself',
    }),
    expires_at: anyInstant.meta({
      description:
        'When the credential expires. If that is after the end of the grant, a review becomes due. It is stored in UTC with milliseconds',
    }),
  })
  .meta({ id: 'IssuanceRequest', description: 'The credential that was issued for a grant.' });
export type IssuanceRequest = z.infer<typeof issuanceRequestSchema>;

/** `standing` is the status of the grant after the statement. */
const common = { ...statementMembers, grant: grantReferenceSchema, standing: standingSchema };

/** The person, the identity that they used, and the client. `policy` is the one that mapped the identity. */
const attributed = {
  ...common,
  caller: callerSchema,
  by: z.strictObject({ identity: z.string(), person: z.string() }),
};

const reviewRecordSchema = z
  .strictObject({ ...attributed, statement: z.literal('review'), review: reviewRequestSchema.required() })
  .meta({ id: 'ReviewRecord' });

const revocationRecordSchema = z
  .strictObject({ ...attributed, statement: z.literal('revocation'), revocation: revocationRequestSchema })
  .meta({ id: 'RevocationRecord' });

const issuanceRecordSchema = z
  .strictObject({
    ...attributed,
    statement: z.literal('issuance'),
    issuance: z.strictObject({ issuer: z.string(), credential_ref: z.string(), expires_at: instantSchema }),
  })
  .meta({ id: 'IssuanceRecord' });

/**
 * What another policy than the one that granted it makes of a grant, at the instant and with the approvals of the grant: it
 * would no longer allow it, or does so again. `input_digest` covers what was evaluated now: the same request, with the
 * groups that approvers have now.
 */
const evaluationRecordSchema = z
  .strictObject({
    ...common,
    statement: z.literal('evaluation'),
    evaluated_at: instantSchema,
    input_digest: sha256Schema,
    evaluation: evaluationSchema.nullable(),
    decision: decisionSchema,
    builtin_errors: z.array(builtinErrorSchema),
  })
  .meta({ id: 'EvaluationRecord' });

export const grantEventSchema = z.discriminatedUnion('statement', [
  reviewRecordSchema,
  revocationRecordSchema,
  issuanceRecordSchema,
  evaluationRecordSchema,
]);
export type GrantEvent = z.infer<typeof grantEventSchema>;
