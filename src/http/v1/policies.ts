import { z } from 'zod';
import type { ActivePolicyStatus } from '../../activation/active-policy.ts';
import type { Bundles } from '../../activation/bundles.ts';
import { sha256Schema } from '../../base/canonical-json.ts';
import { AppError } from '../../base/errors.ts';
import { instantSchema } from '../../base/instant.ts';
import { MAX_BUNDLE_BYTES } from '../../bundle/bundle.ts';
import type { Reevaluation, ReevaluationStatus } from '../../cases/reevaluation.ts';
import { type Caller, policyRefSchema } from '../../contract/record.ts';
import type { Route } from '../route.ts';

const policiesSchema = z
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

const BUNDLE_TYPES = ['application/gzip', 'application/octet-stream'] as const;

export function policyRoutes(
  { activePolicy, upload }: Bundles,
  reevaluation: Pick<Reevaluation, 'status'>,
  revalidate: (caller: Caller) => void,
): Route[] {
  const toBody = (status: ActivePolicyStatus) => bodyOf(status, reevaluation.status());
  const response = { description: 'The active bundle', content: { 'application/json': { schema: policiesSchema } } };
  return [
    {
      method: 'get',
      path: '/v1/policies',
      scopes: ['read'],
      operation: {
        operationId: 'getPolicies',
        summary: 'The active policy bundle, and why the newest one was refused',
        responses: { 200: response },
      },
      handle: () => ({ status: 200, body: toBody(activePolicy.status()) }),
    },
    {
      method: 'put',
      path: '/v1/policies/active',
      scopes: ['admin'],
      bodyTypes: BUNDLE_TYPES,
      maxBodyBytes: MAX_BUNDLE_BYTES,
      operation: {
        operationId: 'activatePolicy',
        summary: 'Make a bundle the active policy: checked, tried, and swapped at once; a bad one changes nothing',
        requestBody: {
          required: true,
          content: Object.fromEntries(
            BUNDLE_TYPES.map((type) => [type, { schema: z.string().meta({ format: 'binary' }) }]),
          ),
        },
        responses: { 200: response },
      },
      async handle({ body, caller }) {
        const { client, principal } = caller;
        try {
          const status = await upload(body as Uint8Array, { client, principal }, () => revalidate(caller));
          return { status: 200, body: toBody(status) };
        } catch (error) {
          if (!(error instanceof AppError) || error.code !== 'bundle_invalid') throw error;
          throw new AppError('bundle_refused', error.message, { cause: error });
        }
      },
    },
  ];
}

function bodyOf(
  { ref, since, origin, remarks, lastError }: ActivePolicyStatus,
  reevaluation: ReevaluationStatus | null,
): z.infer<typeof policiesSchema> {
  const active = { ...ref, since, source: origin.source, uploaded_by: origin.by, remarks: [...remarks] };
  return { active, last_error: lastError, reevaluation };
}
