import { z } from 'zod';
import { sha256Schema } from '../base/canonical-json.ts';
import { instantSchema } from '../base/instant.ts';
import { text } from '../base/text.ts';
import { callerSchema } from './record.ts';
import { statementMembers } from './statement-members.ts';

/** The body of a withdrawal. The service adds the caller and the time. */
export const withdrawalRequestSchema = z
  .strictObject({ reason: text(4000).default('') })
  .meta({ id: 'WithdrawalRequest', description: 'Withdraws a request that waits for approval.' });
export type WithdrawalRequest = z.infer<typeof withdrawalRequestSchema>;

/** `decision` is the one that waited for approval. */
const common = { ...statementMembers, decision: z.strictObject({ jti: z.uuid(), digest: sha256Schema }) };

const withdrawalRecordSchema = z
  .strictObject({
    ...common,
    statement: z.literal('withdrawal'),
    caller: callerSchema,
    withdrawal: withdrawalRequestSchema.required(),
  })
  .meta({ id: 'WithdrawalRecord' });

/** The required verdicts were not given in time. */
const expiryRecordSchema = z
  .strictObject({ ...common, statement: z.literal('expiry'), closes_at: instantSchema })
  .meta({ id: 'ExpiryRecord' });

export const endingSchema = z.discriminatedUnion('statement', [withdrawalRecordSchema, expiryRecordSchema]);
export type Ending = z.infer<typeof endingSchema>;
