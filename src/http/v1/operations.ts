import { z } from 'zod';
import type { ActivePolicy } from '../../activation/active-policy.ts';
import type { Jwks } from '../../evidence/keys.ts';
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

/** Something that has to be fine for decisions to be made and kept; `name` is told to anybody. */
export interface ReadinessCheck {
  name: string;
  isFine(): boolean | Promise<boolean>;
}

/** Readiness is open to everybody: it tells codes, and no path, name or id. */
function statusSchema(checks: readonly ReadinessCheck[]) {
  return z
    .strictObject({
      status: z.enum(['ok', 'unavailable']),
      reason: z.enum(['stopping', ...checks.map(({ name }) => name)]).optional(),
      policy_error: z.enum(['bundle_invalid']).optional().meta({
        description: 'The newest bundle was refused, and the one before decides; `GET /v1/policies` says why',
      }),
      example_organisation: z.literal(true).optional().meta({
        description: 'Sent where the people of the active policy are those of the shipped example, and fictional',
      }),
    })
    .meta({ id: 'Status' });
}

export interface OperationParts {
  activePolicy: ActivePolicy;
  jwks: Jwks;
  /** In the order in which they are asked; the first that is not fine is the reason. */
  checks: readonly ReadinessCheck[];
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
  const status = { 'application/json': { schema: statusSchema(parts.checks) } };
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
        responses: { 200: { description: 'It does', content: status } },
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
          200: { description: 'Yes', content: status },
          503: { description: 'No, and why', content: status },
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

function readiness({ checks, activePolicy, isStopping }: OperationParts): Route['handle'] {
  const example = () => activePolicy.pool().directory.isExample && { example_organisation: true };
  const unavailable = (reason: string) => ({ status: 503, body: { status: 'unavailable', reason, ...example() } });
  return async () => {
    if (isStopping()) return unavailable('stopping');
    for (const { name, isFine } of checks) if (!(await isFine())) return unavailable(name);
    const { lastError } = activePolicy.status();
    return { status: 200, body: { status: 'ok', ...(lastError && { policy_error: 'bundle_invalid' }), ...example() } };
  };
}

/** For a check that costs something: the endpoint is open, and somebody may call it often. One that fails is not fine. */
export function oncePerSecond(check: () => Promise<void>): () => Promise<boolean> {
  let asked = { at: Number.NEGATIVE_INFINITY, isFine: Promise.resolve(true) };
  return () => {
    const now = performance.now();
    if (now - asked.at >= PROBE_INTERVAL_MS) {
      const isFine = check().then(
        () => true,
        () => false,
      );
      asked = { at: now, isFine };
    }
    return asked.isFine;
  };
}
