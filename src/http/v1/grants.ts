import type { z } from 'zod';
import { AppError } from '../../base/errors.ts';
import { parseWith } from '../../base/parse.ts';
import type { Grants, KeptFollowUp } from '../../cases/grants.ts';
import { followUpAnswerSchema } from '../../contract/answer.ts';
import { issuanceRequestSchema, reviewRequestSchema, revocationRequestSchema } from '../../contract/grant-event.ts';
import type { Scope } from '../../contract/scope.ts';
import { toFollowUpAnswer } from '../../domain/follow-up-answer.ts';
import { stateOf } from '../../domain/grant.ts';
import { visibleCase } from '../access.ts';
import type { Call, Route } from '../route.ts';
import {
  createdHeaders,
  idempotencyKey,
  idParameter,
  keyHeader,
  type RecordRouteParts,
  recordHeaders,
} from './decisions.ts';

interface Step<Body> {
  path: 'reviews' | 'revocations' | 'issuances';
  scope: Scope;
  operationId: string;
  summary: string;
  schema: z.ZodType<Body>;
  /** In a message: the review, the revocation. */
  name: string;
  act(caseId: string, body: Body, call: Call, client: string): Promise<KeptFollowUp>;
}

/** What is recorded of a grant, each by a call of its own. */
export function grantRoutes(grants: Grants, parts: RecordRouteParts): Route[] {
  return [
    toRoute(parts, {
      path: 'reviews',
      scope: 'review',
      operationId: 'review',
      summary: 'Keep a grant, or take it back',
      schema: reviewRequestSchema,
      name: 'The review',
      act: (caseId, body, call) => grants.review(caseId, body, call.caller, idempotencyKey(call)),
    }),
    toRoute(parts, {
      path: 'revocations',
      scope: 'revoke',
      operationId: 'revoke',
      summary: 'Take a grant back, for ever',
      schema: revocationRequestSchema,
      name: 'The revocation',
      act: (caseId, body, call) => grants.revoke(caseId, body, call.caller, idempotencyKey(call)),
    }),
    toRoute(parts, {
      path: 'issuances',
      scope: 'decide',
      operationId: 'issue',
      summary: 'Tell which credential a grant led to',
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
  const { path, scope, operationId, summary, schema, name, act } = step;
  return {
    method: 'post',
    path: `/v1/cases/{id}/${path}`,
    scopes: [scope],
    takesAway: path === 'revocations',
    operation: {
      operationId,
      summary,
      requestParams: { path: idParameter, header: keyHeader },
      requestBody: { required: true, content: { 'application/json': { schema } } },
      responses: {
        201: {
          description: 'Kept',
          headers: createdHeaders,
          content: { 'application/json': { schema: followUpAnswerSchema } },
        },
      },
    },
    async handle(call) {
      const head = await visibleCase(store, call.params['id'] ?? '', call.caller);
      const body = parseWith(schema, call.body, 'invalid_request', name);
      const { record, jws, replayed } = await act(head.case, body, call, head.client);
      const state = stateOf((await cases(head.case)).standing ?? record.standing, clock().toISOString());
      return { status: 201, headers: recordHeaders(record.jti, replayed), body: toFollowUpAnswer(record, jws, state) };
    },
  };
}
