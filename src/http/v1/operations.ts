import type { Activation } from '../../activation/activation.ts';
import type { Jwks } from '../../base/jwks.ts';
import { CALLS } from '../../contract/calls/table.ts';
import type { ReadinessCheckName, ServiceStatus } from '../../contract/service-status.ts';
import type { Metrics } from '../metrics.ts';
import type { Route } from '../route.ts';

/** A condition for making and storing decisions; `name` is public. */
export interface ReadinessCheck {
  name: ReadinessCheckName;
  isFine(): boolean | Promise<boolean>;
}

export interface OperationParts {
  activation: Pick<Activation, 'pool' | 'status'>;
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
  // Every answer sends the same bytes: however many are waiting, they are in memory once.
  const jwksText = Buffer.from(JSON.stringify(jwks));
  let openApiText: Buffer | null = null;
  return [
    {
      ...CALLS.getJwks,
      handle: () => ({ status: 200, body: jwksText, headers: { 'cache-control': 'public, max-age=300' } }),
    },
    {
      ...CALLS.getOpenApi,
      handle() {
        openApiText ??= Buffer.from(JSON.stringify(openApi()));
        return { status: 200, body: openApiText };
      },
    },
    {
      ...CALLS.getHealth,
      handle: () => ({ status: 200, body: { status: 'ok' } }),
    },
    {
      ...CALLS.getReadiness,
      handle: readiness(parts),
    },
    {
      ...CALLS.getMetrics,
      ...(metricsOpen && { auth: [] }),
      async handle() {
        return { status: 200, type: metrics.contentType, body: await metrics.render() };
      },
    },
  ];
}

const PROBE_INTERVAL_MS = 1000;

function readiness({ checks, activation, isStopping }: OperationParts): Route['handle'] {
  const example = () => activation.pool().directory.isExample && { example_organisation: true };
  const unavailable = (reason: ServiceStatus['reason']) => ({
    status: 503,
    body: { status: 'unavailable', reason, ...example() },
  });
  return async () => {
    if (isStopping()) return unavailable('stopping');
    for (const { name, isFine } of checks) if (!(await isFine())) return unavailable(name);
    const { lastError } = activation.status();
    return { status: 200, body: { status: 'ok', ...(lastError && { policy_error: 'bundle_invalid' }), ...example() } };
  };
}

/** For an expensive check: the endpoint is public and may be called often. A check that throws counts as failed. */
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
