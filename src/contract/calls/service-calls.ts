import { z } from 'zod';
import { jwksSchema, serviceStatusSchema } from '../service-status.ts';
import { type ApiCall, json } from './api-call.ts';

/** Calls about the service itself. */
export const SERVICE_CALLS = {
  getJwks: {
    method: 'get',
    path: '/.well-known/jwks.json',
    auth: [],
    scopes: [],
    operation: {
      operationId: 'getJwks',
      summary: 'The public keys that verify records, retired ones included',
      responses: { 200: { description: 'JWKS', content: json(jwksSchema) } },
    },
  },
  getOpenApi: {
    method: 'get',
    path: '/openapi.json',
    auth: [],
    scopes: [],
    operation: {
      operationId: 'getOpenApi',
      summary: 'This description',
      responses: { 200: { description: 'OpenAPI 3.1', content: json(z.looseObject({})) } },
    },
  },
  getHealth: {
    method: 'get',
    path: '/healthz',
    auth: [],
    scopes: [],
    operation: {
      operationId: 'getHealth',
      summary: 'Whether the process responds',
      responses: { 200: { description: 'The process responds', content: json(serviceStatusSchema) } },
    },
  },
  getReadiness: {
    method: 'get',
    path: '/readyz',
    auth: [],
    scopes: [],
    operation: {
      operationId: 'getReadiness',
      summary: 'Whether decisions can be made and stored now',
      responses: {
        200: { description: 'Decisions can be made and stored', content: json(serviceStatusSchema) },
        503: { description: 'They cannot be made and stored; `reason` says why', content: json(serviceStatusSchema) },
      },
    },
  },
  getMetrics: {
    method: 'get',
    path: '/metrics',
    auth: ['token'],
    scopes: ['read'],
    openedBy: 'COUNTERSIGN_METRICS_OPEN',
    operation: {
      operationId: 'getMetrics',
      summary: 'Prometheus metrics',
      responses: {
        200: { description: 'Text exposition format', content: { 'text/plain': { schema: z.string() } } },
      },
    },
  },
} as const satisfies Record<string, ApiCall>;
