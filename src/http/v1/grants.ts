import type { z } from 'zod';
import { AppError } from '../../base/errors.ts';
import { parseWith } from '../../base/parse.ts';
import type { Grants, KeptFollowUp } from '../../cases/grants.ts';
import type { ApiCall } from '../../contract/calls/api-call.ts';
import { CALLS } from '../../contract/calls/table.ts';
import { issuanceRequestSchema, reviewRequestSchema, revocationRequestSchema } from '../../contract/grant-event.ts';
import { toFollowUpAnswer } from '../../domain/follow-up-answer.ts';
import { stateOf } from '../../domain/grant.ts';
import { visibleCase } from '../access.ts';
import type { Call, Route } from '../route.ts';
import { idempotencyKey, type RecordRouteParts, recordHeaders } from './decisions.ts';

interface Step<Body> {
  call: ApiCall;
  schema: z.ZodType<Body>;
  takesAway?: true;
  /** In a message: the review, the revocation. */
  name: string;
  act(caseId: string, body: Body, call: Call, client: string): Promise<KeptFollowUp>;
}

/** What is recorded of a grant, each by a call of its own. */
export function grantRoutes(grants: Grants, parts: RecordRouteParts): Route[] {
  return [
    toRoute(parts, {
      call: CALLS.review,
      schema: reviewRequestSchema,
      name: 'The review',
      act: (caseId, body, call) => grants.review(caseId, body, call.caller, idempotencyKey(call)),
    }),
    toRoute(parts, {
      call: CALLS.revoke,
      takesAway: true,
      schema: revocationRequestSchema,
      name: 'The revocation',
      act: (caseId, body, call) => grants.revoke(caseId, body, call.caller, idempotencyKey(call)),
    }),
    toRoute(parts, {
      call: CALLS.issue,
      schema: issuanceRequestSchema,
      name: 'The issuance',
      act(caseId, body, call, client) {
        // Whoever may read all cases still issues for their own only.
        if (client !== call.caller.client) throw new AppError('forbidden', 'The case is of another client.');
        return grants.issue(caseId, body, call.caller, idempotencyKey(call));
      },
    }),
  ];
}

function toRoute<Body>({ store, cases, clock }: RecordRouteParts, step: Step<Body>): Route {
  const { schema, name, act } = step;
  return {
    ...step.call,
    takesAway: step.takesAway ?? false,
    async handle(call) {
      const head = await visibleCase(store, call.params['id'] ?? '', call.caller);
      const body = parseWith(schema, call.body, 'invalid_request', name);
      const { record, jws, replayed } = await act(head.case, body, call, head.client);
      const state = stateOf((await cases(head.case)).standing ?? record.standing, clock().toISOString());
      return { status: 201, headers: recordHeaders(record.jti, replayed), body: toFollowUpAnswer(record, jws, state) };
    },
  };
}
