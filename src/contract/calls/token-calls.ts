import { z } from 'zod';
import { integerText } from '../../base/text.ts';
import {
  createdTokenSchema,
  revokedTokenSchema,
  tokenPageSchema,
  tokenRecordPageSchema,
  tokenRequestSchema,
  tokenRevocationSchema,
} from '../token.ts';
import { type ApiCall, json, jsonBody } from './api-call.ts';

/** How many tokens, or records of them, one page may hold. */
const MAX_PAGE = 100;

export const tokenPageQuerySchema = z.object({
  after: integerText(-1, 999_999_999_999).default(-1).meta({ description: 'The `next_after` of the previous page' }),
  limit: integerText(1, MAX_PAGE)
    .default(MAX_PAGE)
    .meta({ description: `1 to ${MAX_PAGE}, the default` }),
});

export const tokenIdParameter = z.object({ id: z.string().regex(/^[0-9a-f]{16}$/) });

export const TOKEN_CALLS = {
  createToken: {
    method: 'post',
    path: '/v1/tokens',
    auth: ['token'],
    scopes: ['admin'],
    operation: {
      operationId: 'createToken',
      summary: 'Create an access token, with scopes that the caller has or may grant',
      requestBody: jsonBody(tokenRequestSchema),
      responses: { 201: { description: 'Created and recorded', content: json(createdTokenSchema) } },
    },
  },
  listTokens: {
    method: 'get',
    path: '/v1/tokens',
    auth: ['token'],
    scopes: ['admin'],
    operation: {
      operationId: 'listTokens',
      summary: 'Access tokens in order of creation, including revoked and expired ones',
      requestParams: { query: tokenPageQuerySchema },
      responses: { 200: { description: 'One page', content: json(tokenPageSchema) } },
    },
  },
  listTokenRecords: {
    method: 'get',
    path: '/v1/tokens/records',
    auth: ['token'],
    scopes: ['admin', 'read'],
    operation: {
      operationId: 'listTokenRecords',
      summary: 'The signed records of token creations and revocations, in order',
      requestParams: { query: tokenPageQuerySchema },
      responses: { 200: { description: 'One page', content: json(tokenRecordPageSchema) } },
    },
  },
  revokeToken: {
    method: 'post',
    path: '/v1/tokens/{id}/revocations',
    auth: ['token'],
    scopes: ['admin'],
    operation: {
      operationId: 'revokeToken',
      summary: 'Revoke an access token immediately, also for calls in progress; repeated calls return the same answer',
      requestParams: { path: tokenIdParameter },
      requestBody: jsonBody(tokenRevocationSchema),
      responses: { 201: { description: 'Revoked and recorded', content: json(revokedTokenSchema) } },
    },
  },
} as const satisfies Record<string, ApiCall>;
