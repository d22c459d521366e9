import { z } from 'zod';
import type { ActivePolicy } from '../../deciding/active-policy.ts';
import type { Jwks } from '../../evidence/keys.ts';
import type { Store } from '../../evidence/store.ts';
import { hasFileHandles } from '../file-handles.ts';
import type { Metrics } from '../metrics.ts';
import type { Route } from '../route.ts';

const jwksSchema = z
  .object({
    keys: z.array(
      z.object({
        kty: z.string(),
        crv: z.string(),
        x: z.string(),
        y: z.string().optional(),
        kid: z.string(),
        alg: z.string(),
        use: z.string(),
      }),
    ),
  })
  .meta({ id: 'Jwks' });

const statusSchema = z
  .strictObject({
    status: z.enum(['ok', 'unavailable']),
    reason: z.enum(['stopping', 'store', 'threads', 'file_handles']).optional(),
    policy_error: z
      .string()
      .optional()
      .meta({ description: 'Why the newest bundle was refused; the one before decides' }),
  })
  .meta({ id: 'Status' });

export interface OperationParts {
  activePolicy: ActivePolicy;
  jwks: Jwks;
  store: Store;
  metrics: Metrics;
  metricsOpen: boolean;
  isStopping: () => boolean;
  openApi: () => object;
}

export function operationRoutes(parts: OperationParts): Route[] {
  const { jwks, metrics, metricsOpen, openApi } = parts;
  // Every answer sends the same bytes: however many wait to be taken, they are in memory once.
  const jwksText = Buffer.from(JSON.stringify(jwks));
  let openApiText: Buffer | null = null;
  return [
    {
      method: 'get',
      path: '/.well-known/jwks.json',
      scopes: null,
      operation: {
        operationId: 'getJwks',
        summary: 'The public keys that records verify with, retired ones included',
        responses: { 200: { description: 'JWKS', content: { 'application/json': { schema: jwksSchema } } } },
      },
      handle: () => ({ status: 200, body: jwksText, headers: { 'cache-control': 'public, max-age=300' } }),
    },
    {
      method: 'get',
      path: '/openapi.json',
      scopes: null,
      operation: {
        operationId: 'getOpenApi',
        summary: 'This description',
        responses: {
          200: { description: 'OpenAPI 3.1', content: { 'application/json': { schema: z.looseObject({}) } } },
        },
      },
      handle() {
        openApiText ??= Buffer.from(JSON.stringify(openApi()));
        return { status: 200, body: openApiText };
      },
    },
    {
      method: 'get',
      path: '/healthz',
      scopes: null,
      operation: {
        operationId: 'getHealth',
        summary: 'Whether the process answers',
        responses: { 200: { description: 'It does', content: { 'application/json': { schema: statusSchema } } } },
      },
      handle: () => ({ status: 200, body: { status: 'ok' } }),
    },
    {
      method: 'get',
      path: '/readyz',
      scopes: null,
      operation: {
        operationId: 'getReadiness',
        summary: 'Whether decisions can be made and kept now',
        responses: {
          200: { description: 'Yes', content: { 'application/json': { schema: statusSchema } } },
          503: { description: 'No, and why', content: { 'application/json': { schema: statusSchema } } },
        },
      },
      handle: readiness(parts),
    },
    {
      method: 'get',
      path: '/metrics',
      scopes: metricsOpen ? null : ['read'],
      operation: {
        operationId: 'getMetrics',
        summary: 'Prometheus metrics',
        responses: {
          200: { description: 'Text exposition format', content: { 'text/plain': { schema: z.string() } } },
        },
      },
      async handle() {
        return { status: 200, type: metrics.contentType, body: await metrics.render() };
      },
    },
  ];
}

const PROBE_INTERVAL_MS = 1000;

/** The endpoint is open, so the store is asked at most once a second, however often somebody calls. */
function readiness({ store, activePolicy, isStopping }: OperationParts): Route['handle'] {
  let asked = { at: 0, ready: Promise.resolve(true) };
  const unavailable = (reason: string) => ({ status: 503, body: { status: 'unavailable', reason } });
  return async () => {
    if (isStopping()) return unavailable('stopping');
    if (!activePolicy.pool().isReady()) return unavailable('threads');
    if (Date.now() - asked.at >= PROBE_INTERVAL_MS) {
      asked = {
        at: Date.now(),
        ready: store.probe().then(
          () => true,
          () => false,
        ),
      };
    }
    if (!hasFileHandles()) return unavailable('file_handles');
    if (!(await asked.ready)) return unavailable('store');
    const { lastError } = activePolicy.status();
    return { status: 200, body: { status: 'ok', ...(lastError && { policy_error: lastError.detail }) } };
  };
}
