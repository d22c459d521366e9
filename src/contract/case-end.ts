import { z } from 'zod';
import { sha256Schema } from '../base/canonical-json.ts';
import { instantSchema } from '../base/instant.ts';
import { text } from '../base/text.ts';
import { callerSchema } from './record.ts';
import { statementMembers } from './statement-members.ts';

/** What whoever asked sends to take a request back. Who and when, the service adds. */
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

/** Nobody gave the verdicts that were asked for in time. */
const expiryRecordSchema = z
  .strictObject({ ...common, statement: z.literal('expiry'), closes_at: instantSchema })
  .meta({ id: 'ExpiryRecord' });

export const endingSchema = z.discriminatedUnion('statement', [withdrawalRecordSchema, expiryRecordSchema]);
export type Ending = z.infer<typeof endingSchema>;
