import { answerSchema, endingAnswerSchema } from '../answer.ts';
import { verdictRequestSchema } from '../approval.ts';
import { casePageQuerySchema, caseSchema } from '../case.ts';
import { withdrawalRequestSchema } from '../case-end.ts';
import {
  casePageSchema,
  caseQuerySchema,
  foundCaseSchema,
  foundGrantSchema,
  grantPageSchema,
  grantQuerySchema,
} from '../case-search.ts';
import { type ApiCall, caseIdParameter, createdHeaders, json, jsonBody, keyHeader } from './api-call.ts';

/** One JSON value a line. */
export const NDJSON_TYPE = 'application/x-ndjson';

const PAGE = 'One page; as NDJSON, everything after the cursor';

export const CASE_CALLS = {
  searchCases: {
    method: 'get',
    path: '/v1/cases',
    auth: ['token'],
    scopes: ['decide', 'read'],
    operation: {
      operationId: 'searchCases',
      summary: `Search cases, newest first; \`Accept: ${NDJSON_TYPE}\` returns all of them, one per line`,
      requestParams: { query: caseQuerySchema },
      responses: {
        200: {
          description: PAGE,
          content: { ...json(casePageSchema), [NDJSON_TYPE]: { schema: foundCaseSchema } },
        },
      },
    },
  },
  searchGrants: {
    method: 'get',
    path: '/v1/grants',
    auth: ['token'],
    scopes: ['decide', 'read'],
    operation: {
      operationId: 'searchGrants',
      summary: `Search grants, newest first; \`Accept: ${NDJSON_TYPE}\` returns all of them, one per line`,
      requestParams: { query: grantQuerySchema },
      responses: {
        200: {
          description: PAGE,
          content: { ...json(grantPageSchema), [NDJSON_TYPE]: { schema: foundGrantSchema } },
        },
      },
    },
  },
  getCase: {
    method: 'get',
    path: '/v1/cases/{id}',
    auth: ['token'],
    scopes: ['decide', 'read'],
    operation: {
      operationId: 'getCase',
      summary: 'The head of a case and its chain of records, by any record id of the case',
      requestParams: { path: caseIdParameter, query: casePageQuerySchema },
      responses: { 200: { description: 'The case', content: json(caseSchema) } },
    },
  },
  approve: {
    method: 'post',
    path: '/v1/cases/{id}/approvals',
    auth: ['token'],
    scopes: ['approve', 'approve:assert'],
    operation: {
      operationId: 'approve',
      summary: 'Give a verdict on an open case; it is decided again',
      requestParams: { path: caseIdParameter, header: keyHeader },
      requestBody: jsonBody(verdictRequestSchema),
      responses: {
        201: { description: 'Stored, and decided again', headers: createdHeaders, content: json(answerSchema) },
      },
    },
  },
  withdraw: {
    method: 'post',
    path: '/v1/cases/{id}/withdrawals',
    auth: ['token'],
    scopes: ['decide', 'approve', 'approve:assert'],
    operation: {
      operationId: 'withdraw',
      summary: 'Withdraw a request that waits for approval: by the client or person that asked, or by its subject',
      requestParams: { path: caseIdParameter, header: keyHeader },
      requestBody: jsonBody(withdrawalRequestSchema),
      responses: {
        201: { description: 'Stored; the case has ended', headers: createdHeaders, content: json(endingAnswerSchema) },
      },
    },
  },
} as const satisfies Record<string, ApiCall>;
