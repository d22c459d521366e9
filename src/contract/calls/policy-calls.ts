import { z } from 'zod';
import { policiesSchema } from '../policies.ts';
import { type ApiCall, json } from './api-call.ts';

/** The content types in which a bundle can be sent. */
export const BUNDLE_TYPES = ['application/gzip', 'application/octet-stream'] as const;

const responses = { 200: { description: 'The active bundle', content: json(policiesSchema) } };

export const POLICY_CALLS = {
  getPolicies: {
    method: 'get',
    path: '/v1/policies',
    auth: ['token'],
    scopes: ['read'],
    operation: {
      operationId: 'getPolicies',
      summary: 'The active policy bundle, and why the newest bundle was refused',
      responses,
    },
  },
  activatePolicy: {
    method: 'put',
    path: '/v1/policies/active',
    auth: ['token'],
    scopes: ['admin'],
    operation: {
      operationId: 'activatePolicy',
      summary: 'Activate a bundle: it is checked, tested and made active at once; a bundle that fails changes nothing',
      requestBody: {
        required: true,
        content: Object.fromEntries(
          BUNDLE_TYPES.map((type) => [type, { schema: z.string().meta({ format: 'binary' }) }]),
        ),
      },
      responses,
    },
  },
} as const satisfies Record<string, ApiCall>;
