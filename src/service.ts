import { EventEmitter } from 'node:events';
import { mkdirSync, readFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { destination, pino } from 'pino';
import { v7 as uuidv7 } from 'uuid';
import type { Config } from './config.ts';
import type { ActivePolicy } from './deciding/active-policy.ts';
import { openBundles } from './deciding/bundles.ts';
import { openDecisionPool } from './deciding/decision-pool.ts';
import { openUploadedBundles } from './deciding/uploaded-bundle.ts';
import { AppError } from './domain/errors.ts';
import type { FollowUp } from './domain/follow-up.ts';
import { createDamageWatch, type DamageWatch } from './evidence/damage-watch.ts';
import { asFullDisk, watchDiskSpace } from './evidence/disk-space.ts';
import { createIdempotency } from './evidence/idempotency.ts';
import { type Keyring, openFingerprintSecret, openKeyring, openRowSecret } from './evidence/keys.ts';
import { ownFolder } from './evidence/ownership.ts';
import { createRecordReader } from './evidence/record-reader.ts';
import { deriveKey } from './evidence/row-mac.ts';
import { openSqliteStore } from './evidence/sqlite-store.ts';
import type { Store } from './evidence/store.ts';
import { createGate } from './gate.ts';
import { createGrants } from './grants.ts';
import { authenticate } from './http/access.ts';
import { createApp } from './http/app.ts';
import { createCursors } from './http/cursors.ts';
import { createMetrics } from './http/metrics.ts';
import { createOpenApi } from './http/openapi.ts';
import type { Route } from './http/route.ts';
import { caseSearchRoutes } from './http/routes/case-search.ts';
import { caseRoutes } from './http/routes/cases.ts';
import { decisionRoutes } from './http/routes/decisions.ts';
import { grantRoutes } from './http/routes/grants.ts';
import { oncePerSecond, operationRoutes } from './http/routes/operations.ts';
import { policyRoutes } from './http/routes/policies.ts';
import { ensureAdminToken, openTokenRegistry, type TokenRegistry } from './integrations/tokens.ts';
import { loadPolicy } from './policy/policy-loader.ts';
import { createReevaluation, type Reevaluation } from './reevaluation.ts';

/** The folder that holds package.json, bundles/, policies/ and tools/: the same distance from src/ and from dist/. */
export const HOME = fileURLToPath(new URL('..', import.meta.url));
export const BUNDLE_FILE = join(HOME, 'bundles', 'default.tar.gz');
export const KEYS = 'keys';
export const TOKENS = 'tokens';
const POLICY = 'policy';
export const DATABASE = 'countersign.db';
export const ADMIN_TOKEN = 'admin.token';
export const { version } = JSON.parse(readFileSync(join(HOME, 'package.json'), 'utf8')) as { version: string };
export const clock = () => new Date();

export interface Service {
  /** Answers HTTP calls. */
  app: RequestListener;
  registry: TokenRegistry;
  keyring: Keyring;
  activePolicy: ActivePolicy;
  store: Store;
  /** Every statement that follows on a grant, once it is kept. Listeners are called at once and must not throw. */
  events: EventEmitter<{ followUp: [FollowUp] }>;
  reevaluation: Reevaluation;
  /** Reads the configured bundle again. Rejects with AppError `bundle_invalid`; the active one stays then. */
  reload(): Promise<void>;
  /** From now on readiness says no, and connections are closed after their call. */
  announceStop(): void;
  close(): Promise<void>;
}

/** Wires the service on its data folder, without listening. Throws AppError for whatever keeps it from starting. */
export async function createService(config: Config, onFailure?: (error: Error) => void): Promise<Service> {
  const dataDir = resolve(config.dataDir);
  makeFolder(dataDir);
  try {
    return await wireService(config, dataDir, onFailure);
  } catch (error) {
    throw asFullDisk(error, dataDir);
  }
}

async function wireService(config: Config, dataDir: string, onFailure?: (error: Error) => void): Promise<Service> {
  await using opened = new AsyncDisposableStack(); // Threads and locks that must not outlive a failed start.
  // Written in the background: a line of the log may be lost in a crash, a record is not.
  const logger = pino({ level: config.logLevel }, destination({ sync: false }));
  const ownership = ownFolder(dataDir);
  opened.defer(ownership.release);
  const keyring = openKeyring(join(dataDir, KEYS), config.signingAlg, clock);
  const registry = openTokenRegistry(join(dataDir, TOKENS), clock, (file) =>
    logger.warn({ file }, 'not a token entry'),
  );
  ensureAdminToken(registry, join(dataDir, ADMIN_TOKEN));
  const database = join(dataDir, DATABASE);
  const rowSecret = openRowSecret(join(dataDir, KEYS));
  const store = await openSqliteStore(database, {
    rowSecret,
    keys: keyring.verificationKeys,
    ...(onFailure && { onFailure }),
    onDamage: (fault) => damage.report(fault),
  });
  opened.defer(store.close);
  const damage: DamageWatch = createDamageWatch({
    check: store.check,
    onFault: (fault) => logger.error({ fault }, 'the store is damaged'),
  });
  opened.defer(damage.stop);
  const disk = watchDiskSpace(dataDir);
  const bundles = await openBundles({
    source: config.bundle ?? BUNDLE_FILE,
    uploads: openUploadedBundles(join(dataDir, POLICY)),
    clock,
    load: (bundle) => loadPolicy(bundle),
    openPool: (source) =>
      openDecisionPool({
        source,
        key: keyring.active,
        maker: { issuer: config.issuer, version },
        bounds: config.bounds,
        onThreadEnd: (why) => logger.warn({ why }, 'a deciding thread was ended'),
      }),
    onChange: ({ ref, origin, lastError }) => {
      if (lastError === null) {
        logger.info({ policy: ref, origin }, 'policy active');
        if (reevaluation.status()?.policy !== ref.digest) reevaluation.start();
      } else logger.error({ policy: ref, lastError }, 'bundle refused, the active policy stays');
    },
  });
  const { activePolicy } = bundles;
  opened.defer(bundles.close);

  let stopping = false;
  const isStopping = () => stopping;
  const metrics = createMetrics();
  metrics.addGauge('countersign_store_faults', 'What is known to be damaged in the store', damage.count);
  metrics.addGauge('countersign_disk_free_bytes', 'Room left for the data folder', disk.freeBytes);
  const records = createRecordReader(store, keyring.verificationKeys, damage.report);
  const idempotency = createIdempotency(store, openFingerprintSecret(join(dataDir, KEYS)), clock);
  const maker = { issuer: config.issuer, version };
  const gate = createGate({
    pool: activePolicy.pool,
    records,
    store,
    idempotency,
    clock,
    newId: uuidv7,
    onFault: (fault) => logger.warn(fault, 'an evaluation failed'),
  });
  const events: Service['events'] = new EventEmitter();
  const grants = createGrants({
    pool: activePolicy.pool,
    store,
    records,
    idempotency,
    key: keyring.active,
    maker,
    clock,
    newId: uuidv7,
    onKept: (record) => events.emit('followUp', record),
  });
  const reevaluation: Reevaluation = createReevaluation({
    pool: activePolicy.pool,
    store,
    gate,
    grants,
    settled: async () => {
      await activePolicy.retired();
      await store.probe();
    },
    clock,
    onFailure: (failure) => logger.error(failure, 'could not evaluate again what is open or granted'),
  });
  opened.defer(reevaluation.stop);
  reevaluation.start();
  const recordParts = { store, records, metrics, clock };
  const { metricsOpen, bodyLimitBytes, rateLimitPerMinute } = config;
  const routes: Route[] = [
    ...decisionRoutes(gate, recordParts),
    ...caseSearchRoutes({
      store,
      directory: () => activePolicy.pool().directory,
      clock,
      cursors: createCursors(deriveKey(rowSecret, 'cursors')),
    }),
    ...caseRoutes(gate, recordParts),
    ...grantRoutes(grants, recordParts),
    ...policyRoutes(bundles, reevaluation),
    ...operationRoutes({
      activePolicy,
      jwks: keyring.jwks,
      checks: [
        { name: 'threads', isFine: () => activePolicy.pool().isReady() },
        { name: 'store', isFine: oncePerSecond(store.probe) },
        { name: 'disk', isFine: disk.isFine },
        { name: 'damaged', isFine: damage.isFine },
      ],
      metrics,
      metricsOpen,
      isStopping,
      openApi: () => openApi,
    }),
  ];
  const openApi = createOpenApi(routes, version);
  const authenticateHeader = (header: string | undefined) => authenticate(header, registry);
  const limits = { bodyLimitBytes, rateLimitPerMinute };
  const resources = opened.move();
  return {
    app: createApp({ routes, authenticate: authenticateHeader, isStopping, ...limits, metrics, logger }),
    registry,
    keyring,
    activePolicy,
    store,
    events,
    reevaluation,
    reload: bundles.reload,
    announceStop: () => {
      stopping = true;
    },
    close: () => resources.disposeAsync(),
  };
}

function makeFolder(dataDir: string): void {
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw new AppError('config_invalid', `COUNTERSIGN_DATA_DIR ${dataDir} cannot be made a folder.`, { cause });
  }
}
