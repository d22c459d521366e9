import { z } from 'zod';
import { sha256Schema } from '../base/canonical-json.ts';
import { instantSchema } from '../base/instant.ts';
import { policyRefSchema } from './record.ts';

export const policiesSchema = z
  .strictObject({
    active: policyRefSchema.extend({
      since: instantSchema,
      source: z.string().meta({ description: 'The file or URL that it was read from, or `upload`' }),
      uploaded_by: z.strictObject({ client: z.string(), principal: z.string().nullable() }).nullable(),
      remarks: z
        .array(z.string())
        .meta({ description: 'How what compiled the bundle differs from what this version goes with; mostly empty' }),
    }),
    last_error: z
      .strictObject({ at: instantSchema, detail: z.string() })
      .nullable()
      .meta({ description: 'Why the newest bundle was refused; null once one was taken again' }),
    reevaluation: z
      .strictObject({
        policy: sha256Schema.meta({ description: 'The digest of the bundle' }),
        started_at: instantSchema,
        finished_at: instantSchema.nullable(),
        examined: z.int(),
        changed: z.int().meta({ description: 'Of these the policy thinks otherwise: each has a new record' }),
        failed: z.int().meta({ description: 'These could not be evaluated; the log says why' }),
      })
      .nullable()
      .meta({ description: 'The look at open cases and grants in force by the policy that became active' }),
  })
  .meta({ id: 'Policies' });
export type Policies = z.infer<typeof policiesSchema>;
