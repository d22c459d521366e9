import { z } from 'zod';
import { answerSchema, endingAnswerSchema, grantEventAnswerSchema } from '../answer.ts';
import { batchResultsSchema, batchSchema, MAX_BATCH } from '../batch.ts';
import { requestSchema } from '../request.ts';
import { type ApiCall, createdHeaders, json, jsonBody, keyHeader } from './api-call.ts';

/** A record by itself, as a compact JWS (RFC 7515). */
export const JOSE_TYPE = 'application/jose';

export const DECISION_CALLS = {
  decide: {
    method: 'post',
    path: '/v1/decisions',
    auth: ['token'],
    scopes: ['decide'],
    operation: {
      operationId: 'decide',
      summary: 'Decide an access request: a new case',
      requestParams: { header: keyHeader },
      requestBody: jsonBody(requestSchema),
      responses: {
        201: {
          description: 'Decided and stored. A deny is an answer too.',
          headers: createdHeaders,
          content: json(answerSchema),
        },
      },
    },
  },
  decideMany: {
    method: 'post',
    path: '/v1/decisions/batch',
    auth: ['token'],
    scopes: ['decide'],
    operation: {
      operationId: 'decideMany',
      summary: `Decide up to ${MAX_BATCH} access requests; each opens its own case with its own record`,
      requestParams: { header: keyHeader },
      requestBody: jsonBody(batchSchema),
      responses: {
        200: {
          description: 'One result for each request, in the same order: its answer, or the problem with it',
          content: json(batchResultsSchema),
        },
      },
    },
  },
  getDecision: {
    method: 'get',
    path: '/v1/decisions/{id}',
    auth: ['token'],
    scopes: ['decide', 'read'],
    operation: {
      operationId: 'getDecision',
      summary: `One record of any kind; \`Accept: ${JOSE_TYPE}\` returns the bare JWS`,
      requestParams: { path: z.object({ id: z.uuid().meta({ description: 'The id of the record' }) }) },
      responses: {
        200: {
          description: 'The record',
          content: {
            ...json(z.union([answerSchema, grantEventAnswerSchema, endingAnswerSchema])),
            [JOSE_TYPE]: { schema: z.string() },
          },
        },
      },
    },
  },
} as const satisfies Record<string, ApiCall>;
