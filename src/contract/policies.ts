import { z } from 'zod';
import { sha256Schema } from '../base/canonical-json.ts';
import { instantSchema } from '../base/instant.ts';
import { policyRefSchema } from './record.ts';

export const policiesSchema = z
  .strictObject({
    active: policyRefSchema.extend({
      since: instantSchema,
      source: z.string().meta({ description: 'The file, folder or URL that the bundle was read from, or `upload`' }),
      uploaded_by: z.strictObject({ client: z.string(), principal: z.string().nullable() }).nullable(),
      remarks: z.array(z.string()).meta({
        description: 'How the tools that compiled the bundle differ from those of this version; usually empty',
      }),
    }),
    last_error: z
      .strictObject({ at: instantSchema, detail: z.string() })
      .nullable()
      .meta({ description: 'Why the newest bundle was refused; null once a later bundle was accepted' }),
    sweep: z
      .strictObject({
        policy: sha256Schema.meta({ description: 'The digest of the bundle' }),
        started_at: instantSchema,
        finished_at: instantSchema.nullable().meta({ description: 'Null while it is running' }),
        total: z.int().meta({ description: 'The number of cases to examine, counted at the start' }),
        examined: z.int().meta({ description: 'The number of cases that were evaluated' }),
        changed: z
          .int()
          .meta({ description: 'The number of cases that the policy decides differently; each has a new record' }),
        failed: z.int().meta({
          description: 'The number of cases that could not be evaluated; the log says why, and they are tried again',
        }),
      })
      .nullable()
      .meta({
        description: 'The sweep: open cases and grants in force are evaluated by the policy that became active',
      }),
  })
  .meta({ id: 'Policies' });
export type Policies = z.infer<typeof policiesSchema>;
