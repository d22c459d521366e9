import { mkdirSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Express } from 'express';
import { pino } from 'pino';
import { v7 as uuidv7 } from 'uuid';
import type { Config } from './config.ts';
import { AppError } from './domain/errors.ts';
import { createIdempotency } from './evidence/idempotency.ts';
import { openFingerprintSecret, openSigner, type Signer } from './evidence/keys.ts';
import { ownFolder } from './evidence/ownership.ts';
import { openSqliteStore } from './evidence/sqlite-store.ts';
import type { Store } from './evidence/store.ts';
import { createGate } from './gate.ts';
import { authenticate } from './http/access.ts';
import { createApp } from './http/app.ts';
import { createMetrics } from './http/metrics.ts';
import { createOpenApi } from './http/openapi.ts';
import type { Route } from './http/route.ts';
import { caseRoutes } from './http/routes/cases.ts';
import { decisionRoutes } from './http/routes/decisions.ts';
import { operationRoutes } from './http/routes/operations.ts';
import { ensureAdminToken, openTokenRegistry, type TokenRegistry } from './integrations/tokens.ts';
import { readBundle } from './policy/bundle.ts';
import { openPolicy, type Policy } from './policy/policy.ts';

/** The folder that holds package.json, bundles/, policies/ and tools/: the same distance from src/ and from dist/. */
export const HOME = fileURLToPath(new URL('..', import.meta.url));
export const BUNDLE_FILE = join(HOME, 'bundles', 'default.tar.gz');
export const KEYS = 'keys';
export const TOKENS = 'tokens';
export const ADMIN_TOKEN = 'admin.token';
const MAX_BUNDLE_BYTES = 64 * 1024 * 1024;
export const { version } = JSON.parse(readFileSync(join(HOME, 'package.json'), 'utf8')) as { version: string };
export const clock = () => new Date();

export interface Service {
  app: Express;
  registry: TokenRegistry;
  signer: Signer;
  policy: Policy;
  store: Store;
  /** From now on readiness says no, and connections are closed after their call. */
  announceStop(): void;
  close(): Promise<void>;
}

/** Wires the service on its data folder, without listening. Throws AppError for whatever keeps it from starting. */
export async function createService(config: Config, onFailure?: (error: Error) => void): Promise<Service> {
  const dataDir = resolve(config.dataDir);
  makeFolder(dataDir);
  const logger = pino({ level: config.logLevel });
  const policy = await openPolicy(await readBundle(await readBundleBytes(config.bundle ?? BUNDLE_FILE)));
  const since = clock().toISOString();
  const ownership = ownFolder(dataDir);
  const signer = openSigner(join(dataDir, KEYS), config.signingAlg, clock);
  const registry = openTokenRegistry(join(dataDir, TOKENS), clock, (file) =>
    logger.warn({ file }, 'not a token entry'),
  );
  ensureAdminToken(registry, join(dataDir, ADMIN_TOKEN));
  const store = await openSqliteStore(join(dataDir, 'countersign.db'), onFailure);

  let stopping = false;
  const isStopping = () => stopping;
  const metrics = createMetrics();
  const gate = createGate({
    policy: () => policy,
    signer,
    store,
    idempotency: createIdempotency(store, openFingerprintSecret(join(dataDir, KEYS)), clock),
    clock,
    newId: uuidv7,
    issuer: config.issuer,
    version,
    onFault: (fault) => logger.warn(fault, 'evaluation failed, denied'),
  });
  const activePolicy = () => ({ ref: policy.ref, since });
  const { metricsOpen, bodyLimitBytes, rateLimitPerMinute } = config;
  const routes: Route[] = [
    ...decisionRoutes(gate, store, metrics),
    ...caseRoutes(gate, store, metrics),
    ...operationRoutes({
      activePolicy,
      jwks: signer.jwks,
      store,
      metrics,
      metricsOpen,
      isStopping,
      openApi: () => openApi,
    }),
  ];
  const openApi = createOpenApi(routes, version);
  const authenticateHeader = (header: string | undefined) => authenticate(header, registry, policy);
  const limits = { bodyLimitBytes, rateLimitPerMinute };
  return {
    app: createApp({ routes, authenticate: authenticateHeader, isStopping, ...limits, metrics, logger }),
    registry,
    signer,
    policy,
    store,
    announceStop: () => {
      stopping = true;
    },
    async close() {
      await store.close();
      ownership.release();
    },
  };
}

function makeFolder(dataDir: string): void {
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw new AppError('config_invalid', `COUNTERSIGN_DATA_DIR ${dataDir} cannot be made a folder.`, { cause });
  }
}

/** Reads a bundle from a file or an http(s) URL. Throws AppError `bundle_invalid`. */
async function readBundleBytes(source: string): Promise<Uint8Array> {
  try {
    if (!/^https?:\/\//.test(source)) return await readFile(source);
    const response = await fetch(source, { signal: AbortSignal.timeout(30_000) });
    if (!response.ok || response.body === null) throw new Error(`it answered ${response.status}`);
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of response.body) {
      size += chunk.byteLength;
      if (size > MAX_BUNDLE_BYTES) throw new Error(`it is larger than ${MAX_BUNDLE_BYTES} bytes`);
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  } catch (cause) {
    throw new AppError('bundle_invalid', `The bundle ${source} cannot be read.`, { cause });
  }
}
