import { z } from 'zod';
import { sha256Schema } from '../base/canonical-json.ts';
import { instantSchema } from '../base/instant.ts';
import { plainText, text } from '../base/text.ts';
import { assuranceSchema, tierSchema } from './evaluation.ts';

const identity = plainText(512);
/** Longer than a comment of the greatest length makes it. */
const MAX_SIGNATURE_LENGTH = 65_536;

export const verdictSchema = z.enum(['approve', 'reject']);

/** The body of an approval. The server adds the person, the time and the expiry; the body never states groups. */
export const verdictRequestSchema = z
  .strictObject({
    approver: identity.optional().meta({
      description: 'Who approves. To name anyone other than the principal of the token needs the scope approve:assert',
    }),
    verdict: verdictSchema,
    comment: text(4000).default(''),
    seen: z
      .uuid('the id of the record that the approver was shown')
      .meta({ description: 'The id of the record that the approver was shown' }),
    on_behalf_of: identity.optional().meta({ description: 'The identity of the person for whom a deputy approves' }),
    signature: z
      .string()
      .max(MAX_SIGNATURE_LENGTH)
      .optional()
      .meta({
        pattern: '^[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+$',
        description:
          'A compact JWS (typ approval+jwt, ES256 or EdDSA) by a registered key of the approver, over case, seen, request_digest, verdict, ' +
          'comment and iat. The key identifies the approver, so approver and on_behalf_of must be left out',
      }),
  })
  .refine(({ signature, approver }) => signature === undefined || approver === undefined, {
    path: ['approver'],
    error: 'must be left out: the signature identifies the approver',
  })
  .refine(({ signature, on_behalf_of: behalf }) => signature === undefined || behalf === undefined, {
    path: ['on_behalf_of'],
    error: 'must be left out: the signature does not cover it',
  })
  .meta({
    id: 'ApprovalRequest',
    description: 'A verdict on an open case, bound to the record that the approver was shown.',
    allOf: [{ not: { required: ['signature', 'approver'] } }, { not: { required: ['signature', 'on_behalf_of'] } }],
  });
export type VerdictRequest = z.infer<typeof verdictRequestSchema>;

/** One person's verdict on a case, as in records. */
export const approvalSchema = z
  .strictObject({
    id: z.uuid(),
    case: z.uuid(),
    request_digest: sha256Schema,
    approver: z.strictObject({
      identity: z.string(),
      person: z.string().nullable(),
      groups: z.array(z.string()),
      assurance: assuranceSchema,
    }),
    verdict: verdictSchema,
    comment: z.string(),
    at: instantSchema,
    expires_at: instantSchema,
    seen: z.uuid(),
    seen_tier: tierSchema.optional().meta({ description: 'The tier in the record that was shown' }),
    authenticated_at: instantSchema.nullable().optional().meta({
      description: 'When the approver signed or signed in; null if not known. Records of earlier versions lack it',
    }),
    signature: z.string().nullable().optional().meta({ description: 'The JWS of a signed approval' }),
    on_behalf_of: z.strictObject({ identity: z.string(), person: z.string().nullable() }).nullable(),
    submitted_by: z.strictObject({
      client: z.string(),
      principal: z.string().nullable(),
      person: z.string().nullable(),
    }),
  })
  .meta({ id: 'Approval', description: 'The verdict of one person on a case, as records state it.' });
export type Approval = z.infer<typeof approvalSchema>;

/** One approval of a case, and whether it counts in the decision. */
export const approvalStatusSchema = z
  .strictObject({
    approval: z.uuid(),
    approver: z.string(),
    person: z.string().nullable(),
    assurance: assuranceSchema,
    verdict: verdictSchema,
    at: instantSchema,
    expires_at: instantSchema,
    counts: z.boolean(),
    requirement: z
      .string()
      .nullable()
      .meta({ description: 'The requirement that it counts towards; null for a reject, and if it does not count' }),
    code: z
      .string()
      .nullable()
      .meta({ description: 'The code of the reason why it does not count; null if it counts' }),
  })
  .meta({ id: 'ApprovalStatus', description: 'A verdict on a case, and whether it counts at this instant.' });
export type ApprovalStatus = z.infer<typeof approvalStatusSchema>;
