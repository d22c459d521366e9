import { z } from 'zod';
import { sha256Schema } from '../base/canonical-json.ts';
import { instantSchema } from '../base/instant.ts';
import { jsonValue } from '../base/json-text.ts';
import { approvalSchema } from './approval.ts';
import { decisionSchema, outcomeSchema } from './decision.ts';
import { evaluationSchema, tierSchema } from './evaluation.ts';
import { recordedRequestSchema } from './request.ts';

/** The `typ` of the JWS that a record is. */
export const RECORD_TYPE = 'decision-record+jwt';

export const callerSchema = z
  .strictObject({
    client: z.string(),
    scopes: z.array(z.string()),
    claims: z.record(z.string(), jsonValue),
    principal: z.string().nullable(),
    person: z.string().nullable(),
  })
  .meta({
    id: 'Caller',
    description: 'Who made the call: the client, and the person whom its token stands for, if any.',
  });
export type Caller = z.infer<typeof callerSchema>;

/** The persons behind a request: null if not known or not named. */
export const personsSchema = z
  .strictObject({
    subject: z.string().nullable(),
    caller: z.string().nullable(),
    requester: z.string().nullable(),
  })
  .meta({ id: 'Persons', description: 'The persons behind a request; null if not known or not named.' });
export type Persons = z.infer<typeof personsSchema>;

/** What the first record of a case pins for all that follow: when it was opened, and the persons behind the request then. */
export const openedSchema = z.strictObject({ at: instantSchema, persons: personsSchema }).meta({
  id: 'Opened',
  description: 'When the case was opened, and who stood behind the request then.',
});
export type Opened = z.infer<typeof openedSchema>;

export const historyEntrySchema = z
  .strictObject({
    case: z.uuid(),
    kind: z.string(),
    outcome: outcomeSchema,
    tier: tierSchema,
    at: instantSchema,
    expires_at: instantSchema.nullable(),
    review: z.string().nullable().meta({ description: 'The verdict of the last review; null if there was none' }),
    shares: z
      .array(z.enum(['resource', 'subject', 'team']))
      .optional()
      .meta({ description: 'What both cases have in common' }),
  })
  .meta({ id: 'HistoryEntry', description: 'An earlier case that was part of the policy input.' });
export type HistoryEntry = z.infer<typeof historyEntrySchema>;

/** How many earlier cases a decision uses. */
export const HISTORY_LIMIT = 20;

export const policyRefSchema = z
  .strictObject({
    name: z.string(),
    revision: z.string(),
    digest: sha256Schema,
    wasm_digest: sha256Schema,
    data_digest: sha256Schema,
    entrypoint: z.string(),
  })
  .meta({ id: 'PolicyReference', description: 'The bundle that decided, by its digests.' });
export type PolicyRef = z.infer<typeof policyRefSchema>;

export const builtinErrorSchema = z.strictObject({ builtin: z.string(), message: z.string() });
export type BuiltinError = z.infer<typeof builtinErrorSchema>;

/** The payload of a decision record. No `sub`, `aud` or `exp`: no token issuer may take a record for a credential. */
export const recordSchema = z
  .strictObject({
    iss: z.string(),
    jti: z.uuid(),
    iat: z.int(),
    statement: z.literal('decision'),
    case: z.uuid(),
    seq: z.int().nonnegative(),
    previous: z.strictObject({ jti: z.uuid(), digest: sha256Schema }).nullable(),
    evaluated_at: instantSchema,
    opened: openedSchema,
    caller: callerSchema,
    kind: z.string(),
    request: recordedRequestSchema,
    request_digest: sha256Schema,
    approvals: z.array(approvalSchema),
    history: z.array(historyEntrySchema).max(HISTORY_LIMIT),
    input_digest: sha256Schema,
    evaluation: evaluationSchema.nullable(),
    decision: decisionSchema,
    policy: policyRefSchema,
    builtin_errors: z.array(builtinErrorSchema),
    masked: z.array(z.string()),
    engine: z.strictObject({ version: z.string(), opa: z.string(), builtins: z.string(), tzdata: z.string() }),
  })
  .meta({ id: 'DecisionRecord', description: 'The payload of the record of a decision.' });
export type DecisionRecord = z.infer<typeof recordSchema>;
