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
    reason: z.enum(['stopping', 'store', 'threads', 'file_handles', 'clock', 'tokens']).optional(),
    policy_error: z
      .string()
      .optional()
      .meta({ description: 'Why the newest bundle was refused; the one before decides' }),
    example_organisation: z.literal(true).optional().meta({
      description: 'Sent where the people of the active policy are those of the shipped example, and fictional',
    }),
  })
  .meta({ id: 'Status' });

export interface OperationParts {
  activePolicy: ActivePolicy;
  jwks: Jwks;
  store: Store;
  metrics: Metrics;
  metricsOpen: boolean;
  isStopping: () => boolean;
  /** What readiness looks at beside the store and the threads; the first that is not fine is the reason. */
  checks: readonly Check[];
  openApi: () => object;
}

export interface Check {
  name: string;
  isFine(): boolean | Promise<boolean>;
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
function readiness({ store, activePolicy, isStopping, checks }: OperationParts): Route['handle'] {
  let asked = { at: Number.NEGATIVE_INFINITY, ready: Promise.resolve(true) };
  const example = () => activePolicy.pool().directory.isExample && { example_organisation: true };
  const unavailable = (reason: string) => ({ status: 503, body: { status: 'unavailable', reason, ...example() } });
  return async () => {
    if (isStopping()) return unavailable('stopping');
    if (!activePolicy.pool().isReady()) return unavailable('threads');
    // Not by the time of day: where that is set back, the last answer would stand until it has caught up.
    const now = performance.now();
    if (now - asked.at >= PROBE_INTERVAL_MS) {
      asked = {
        at: now,
        ready: store.probe().then(
          () => true,
          () => false,
        ),
      };
    }
    if (!hasFileHandles()) return unavailable('file_handles');
    if (!(await asked.ready)) return unavailable('store');
    for (const { name, isFine } of checks) if (!(await isFine())) return unavailable(name);
    const { lastError } = activePolicy.status();
    return { status: 200, body: { status: 'ok', ...(lastError && { policy_error: lastError.detail }), ...example() } };
  };
}
