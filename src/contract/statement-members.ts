import { z } from 'zod';
import { sha256Schema } from '../base/canonical-json.ts';
import { instantSchema } from '../base/instant.ts';
import { policyRefSchema } from './record.ts';

/** Members of every statement that is no decision: it follows on another record of its case. */
export const statementMembers = {
  iss: z.string(),
  jti: z.uuid(),
  iat: z.int(),
  case: z.uuid(),
  seq: z.int().positive(),
  previous: z.strictObject({ jti: z.uuid(), digest: sha256Schema }),
  at: instantSchema,
  kind: z.string(),
  policy: policyRefSchema,
  engine: z.strictObject({ version: z.string() }),
};
