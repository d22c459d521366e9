import { z } from 'zod';
import { endingSchema } from './case-end.ts';
import { grantEventSchema } from './grant-event.ts';
import { recordSchema } from './record.ts';

/** The payload of any record. */
export const statementSchema = z
  .discriminatedUnion('statement', [recordSchema, ...grantEventSchema.options, ...endingSchema.options])
  .meta({ id: 'Statement', description: 'The payload of a signed record.' });
export type Statement = z.infer<typeof statementSchema>;
