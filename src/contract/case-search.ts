import { z } from 'zod';
import { anyInstant, instantSchema } from '../base/instant.ts';
import { integerText, text } from '../base/text.ts';
import { outcomeSchema } from './decision.ts';
import { tierSchema } from './evaluation.ts';
import { GRANT_STATES, grantStateSchema, grantStatusSchema } from './grant.ts';

/** How many cases one page may hold. */
export const MAX_CASES = 100;

const STATES = ['open', 'closed', 'granted', ...GRANT_STATES] as const;
/** The states by which cases can be searched for. */
export type CaseState = (typeof STATES)[number];

const words = text(512).min(1);

/** Sealed by http/cursors.ts. */
const cursor = z.string().regex(/^[A-Za-z0-9_-]{70}$/, 'is not the `next` of a page');

const members = z.strictObject({
  subject: words
    .optional()
    .meta({ description: 'An identity of the subject; all identities of a person find the same cases' }),
  subject_type: words.optional().meta({ description: 'Required if the subject is not a known person' }),
  resource_type: words.optional(),
  resource_id: words.optional(),
  kind: words
    .optional()
    .meta({ description: 'The name of the action and the type of the resource, for example `issue/api_key`' }),
  tier: tierSchema.optional(),
  outcome: outcomeSchema.optional(),
  control: words.optional().meta({ description: 'The id of a control that the latest decision names' }),
  state: z
    .enum(STATES)
    .optional()
    .meta({
      description:
        'open: waits for approval; closed: denied; granted: allowed, and neither expired nor revoked; ' +
        'the others are statuses of grants',
    }),
  from: anyInstant.optional().meta({ description: 'The last decision was at this instant or later' }),
  to: anyInstant.optional().meta({ description: 'The last decision was before this instant' }),
  cursor: cursor.optional().meta({
    description: 'The `next` of the previous page, for the same client and the same query; only `limit` may differ',
  }),
  limit: integerText(1, MAX_CASES)
    .optional()
    .meta({ description: `1 to ${MAX_CASES}, the default` }),
});

function belongTogether(query: z.output<typeof members>, context: z.RefinementCtx): void {
  const { resource_type, resource_id, subject, subject_type } = query;
  const needs = (missing: string, message: string) =>
    context.addIssue({ code: 'custom', path: [missing], message, input: undefined });
  if (resource_id !== undefined && resource_type === undefined) needs('resource_type', 'is required with resource_id');
  if (resource_type !== undefined && resource_id === undefined) needs('resource_id', 'is required with resource_type');
  if (subject_type !== undefined && subject === undefined) needs('subject', 'is required with subject_type');
}

export const caseQuerySchema = members.superRefine(belongTogether);
export const grantQuerySchema = members
  .omit({ outcome: true })
  .extend({ state: grantStateSchema.optional() })
  .superRefine(belongTogether);
export type SearchQuery = z.output<typeof members>;

const namedSchema = z.strictObject({ type: z.string(), id: z.string() });
export const foundCaseSchema = z
  .strictObject({
    case: z.uuid(),
    kind: z.string(),
    subject: z.union([z.strictObject({ person: z.string() }), namedSchema]),
    resource: namedSchema,
    client: z.string().meta({ description: 'Who opened the case' }),
    outcome: outcomeSchema,
    tier: tierSchema,
    seq: z.int(),
    latest: z.uuid().meta({ description: 'The id of the newest record' }),
    at: instantSchema,
    expires_at: instantSchema.nullable(),
    grant_status: grantStatusSchema.nullable(),
    controls: z.array(z.string()),
  })
  .meta({
    id: 'FoundCase',
    description: 'A case as returned by a search. None of this is signed: `GET /v1/cases/{id}` returns the records.',
  });
export type FoundCase = z.infer<typeof foundCaseSchema>;

export const foundGrantSchema = foundCaseSchema
  .extend({ outcome: z.literal('allow'), expires_at: instantSchema, grant_status: grantStatusSchema })
  .meta({ id: 'FoundGrant', description: 'A case that ended in a grant, as returned by a search.' });

const next = cursor.nullable().meta({
  description: 'The `cursor` of the next page; null at the end. A page before the last may contain few cases, or none',
});

export const casePageSchema = z.strictObject({ cases: z.array(foundCaseSchema), next }).meta({ id: 'CasePage' });
export type CasePage = z.infer<typeof casePageSchema>;

export const grantPageSchema = z.strictObject({ cases: z.array(foundGrantSchema), next }).meta({ id: 'GrantPage' });
