import { grantEventAnswerSchema } from '../answer.ts';
import { issuanceRequestSchema, reviewRequestSchema, revocationRequestSchema } from '../grant-event.ts';
import { type ApiCall, caseIdParameter, createdHeaders, json, jsonBody, keyHeader } from './api-call.ts';

const requestParams = { path: caseIdParameter, header: keyHeader };
const responses = {
  201: { description: 'Stored', headers: createdHeaders, content: json(grantEventAnswerSchema) },
};

/** What is recorded of a grant. */
export const GRANT_CALLS = {
  review: {
    method: 'post',
    path: '/v1/cases/{id}/reviews',
    auth: ['token'],
    scopes: ['review'],
    operation: {
      operationId: 'review',
      summary: 'Review a grant: keep it, or revoke it',
      requestParams,
      requestBody: jsonBody(reviewRequestSchema),
      responses,
    },
  },
  revoke: {
    method: 'post',
    path: '/v1/cases/{id}/revocations',
    auth: ['token'],
    scopes: ['revoke'],
    operation: {
      operationId: 'revoke',
      summary: 'Revoke a grant permanently',
      requestParams,
      requestBody: jsonBody(revocationRequestSchema),
      responses,
    },
  },
  issue: {
    method: 'post',
    path: '/v1/cases/{id}/issuances',
    auth: ['token'],
    scopes: ['decide'],
    operation: {
      operationId: 'issue',
      summary: 'Record the credential that was issued for a grant',
      requestParams,
      requestBody: jsonBody(issuanceRequestSchema),
      responses,
    },
  },
} as const satisfies Record<string, ApiCall>;
