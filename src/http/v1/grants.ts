import type { z } from 'zod';
import { AppError } from '../../base/errors.ts';
import { parseWith } from '../../base/parse.ts';
import type { CaseCall } from '../../cases/case-parts.ts';
import type { Cases } from '../../cases/cases.ts';
import type { GrantEventResult } from '../../cases/grant-step.ts';
import type { ApiCall } from '../../contract/calls/api-call.ts';
import { CALLS } from '../../contract/calls/table.ts';
import { issuanceRequestSchema, reviewRequestSchema, revocationRequestSchema } from '../../contract/grant-event.ts';
import { toGrantEventAnswer } from '../../domain/grant-event-answer.ts';
import { visibleCase } from '../access.ts';
import type { Route } from '../route.ts';
import { idempotencyKey, type RecordRouteParts, recordHeaders } from './decisions.ts';

interface Step<Body> {
  call: ApiCall;
  schema: z.ZodType<Body>;
  takesAway?: true;
  /** In a message: the review, the revocation. */
  name: string;
  act(call: CaseCall<Body>): Promise<GrantEventResult>;
  /** Whether only the client that opened the case may do it. */
  isForOwnClient?: true;
}

/** What is recorded of a grant, each by a call of its own. */
export function grantRoutes(cases: Pick<Cases, 'review' | 'revoke' | 'issue'>, parts: RecordRouteParts): Route[] {
  return [
    toRoute(parts, {
      call: CALLS.review,
      schema: reviewRequestSchema,
      name: 'The review',
      act: cases.review,
    }),
    toRoute(parts, {
      call: CALLS.revoke,
      takesAway: true,
      schema: revocationRequestSchema,
      name: 'The revocation',
      act: cases.revoke,
    }),
    toRoute(parts, {
      call: CALLS.issue,
      schema: issuanceRequestSchema,
      name: 'The issuance',
      isForOwnClient: true,
      act: cases.issue,
    }),
  ];
}

function toRoute<Body>({ store }: RecordRouteParts, step: Step<Body>): Route {
  const { schema, name, act, isForOwnClient = false } = step;
  return {
    ...step.call,
    takesAway: step.takesAway ?? false,
    async handle(call) {
      const { caller } = call;
      const head = await visibleCase(store, call.params['id'] ?? '', caller);
      const body = parseWith(schema, call.body, 'invalid_request', name);
      // A caller who may read all cases can still issue only for its own client.
      if (isForOwnClient && head.client !== caller.client) {
        throw new AppError('forbidden', 'The case belongs to another client.');
      }
      const given = { caseId: head.case, body, caller, key: idempotencyKey(call) };
      const { record, jws, replayed, state } = await act(given);
      return {
        status: 201,
        headers: recordHeaders(record.jti, replayed),
        body: toGrantEventAnswer(record, jws, state),
      };
    },
  };
}
