import { z } from 'zod';

/** The `typ` of the JWS by which an approver signs a verdict. */
export const APPROVAL_TYPE = 'approval+jwt';

export const signedVerdictHeaderSchema = z.looseObject({ typ: z.literal(APPROVAL_TYPE), kid: z.string() });

/** All that an approver signs. Members are checked against the request beside the signature and not here. */
export const signedVerdictSchema = z
  .strictObject({
    case: z.string(),
    seen: z.string(),
    request_digest: z.string(),
    verdict: z.string(),
    comment: z.string(),
    iat: z.int().meta({ description: 'When it was signed, in seconds since 1970' }),
  })
  .meta({
    id: 'SignedVerdict',
    description: `The payload of the JWS (typ ${APPROVAL_TYPE}) by which an approver signs a verdict.`,
  });
export type SignedVerdict = z.infer<typeof signedVerdictSchema>;
