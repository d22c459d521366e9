import { EventEmitter } from 'node:events';
import { join, resolve } from 'node:path';
import { destination, type Logger, pino } from 'pino';
import { v7 as uuidv7 } from 'uuid';
import { type Activation, openActivation } from './activation/activation.ts';
import { EXAMPLE_WARNING, refuseExample } from './activation/example-organisation.ts';
import type { WatchedFolderParts } from './activation/watched-folder.ts';
import type { AccessTokens } from './auth/access-tokens.ts';
import { ensureAdminToken } from './auth/admin-token.ts';
import { createBearerAuthenticator } from './auth/bearer.ts';
import { BUNDLE_FILE, version } from './base/installation.ts';
import { type SharedCounter, sharedCounter } from './base/shared-counter.ts';
import { MACHINE_CLOCKS, type MachineClocks, type TrustedClock } from './base/trusted-clock.ts';
import { createTurns } from './base/turns.ts';
import { workerUrl } from './base/worker-url.ts';
import { createCaseClosing } from './cases/case-closing.ts';
import type { CaseParts } from './cases/case-parts.ts';
import { createCases } from './cases/cases.ts';
import { createIdempotency } from './cases/idempotency.ts';
import { redecide } from './cases/redecide.ts';
import { createSweep, type Sweep, sweepAfterActivations } from './cases/sweep.ts';
import type { Config } from './config.ts';
import type { GrantEvent } from './contract/grant-event.ts';
import { createOpenApi } from './contract/openapi.ts';
import type { DecisionWorkerSetup } from './decision-worker.ts';
import { loadPolicy } from './evaluation/loader.ts';
import { openEvaluationPool } from './evaluation/pool.ts';
import { createCaseReader } from './evidence/case-reader.ts';
import { type Keyring, openFingerprintSecret } from './evidence/keys.ts';
import { createBackgroundRecordReader, createRecordReader } from './evidence/record-reader.ts';
import { createApp } from './http/app.ts';
import { createConnections } from './http/connections.ts';
import { createCursors } from './http/cursors.ts';
import { hasFileHandles } from './http/file-handles.ts';
import { createMetrics, type Metrics } from './http/metrics.ts';
import { requireClock } from './http/require-clock.ts';
import type { Route } from './http/route.ts';
import { listen, type RunningServer } from './http/server.ts';
import { caseSearchRoutes } from './http/v1/case-search.ts';
import { caseRoutes } from './http/v1/cases.ts';
import { decisionRoutes } from './http/v1/decisions.ts';
import { grantRoutes } from './http/v1/grants.ts';
import { oncePerSecond, operationRoutes } from './http/v1/operations.ts';
import { policyRoutes } from './http/v1/policies.ts';
import { tokenRoutes } from './http/v1/tokens.ts';
import { type Instance, openInstance } from './instance.ts';
import { ADMIN_TOKEN, KEYS } from './store/data-folder.ts';
import { createDamageLog, type DamageLog, watchForDamage } from './store/sqlite/damage-watch.ts';
import { asFullDisk, watchDiskSpace } from './store/sqlite/disk-space.ts';
import { deriveKey } from './store/sqlite/row-mac.ts';
import type { Store } from './store/store.ts';

export interface ServiceOptions {
  /** Called once when the store can commit nothing more. Only a new start helps. */
  onFailure?: (error: Error) => void;
  clocks?: MachineClocks;
  /** See TrustedClockParts. */
  acceptedDate?: string | null;
  /** A folder of policies that is built and activated as it is edited; null for none. */
  folder?: Omit<WatchedFolderParts, 'activate'> | null;
}

export interface Service {
  /** Answers HTTP calls. Rejects with AppError `config_invalid` where the address cannot be used. */
  listen(address: { host: string; port: number }): Promise<RunningServer>;
  tokens: AccessTokens;
  keyring: Keyring;
  activation: Activation;
  store: Store;
  clock: TrustedClock;
  /** Every statement on a grant, once it is committed. Listeners are called at once and must not throw. */
  events: EventEmitter<{ grantEvent: [GrantEvent] }>;
  sweep: Sweep;
  /** Records signed since the start. Only what is committed is signed (law 10). */
  countSignatures: () => number;
  /** From now on readiness says no, and connections are closed after their call. */
  announceStop(): void;
  close(): Promise<void>;
}

/** Wires the service on its data folder, without listening. Rejects with AppError where it cannot start. */
export async function createService(config: Config, options: ServiceOptions = {}): Promise<Service> {
  const dataDir = resolve(config.dataDir);
  try {
    return await wireService(config, dataDir, options);
  } catch (error) {
    throw asFullDisk(error, dataDir);
  }
}

async function wireService(config: Config, dataDir: string, options: ServiceOptions): Promise<Service> {
  const { onFailure = () => {}, clocks = MACHINE_CLOCKS, acceptedDate = null } = options;
  await using opened = new AsyncDisposableStack(); // Closes what is open where a later step fails.
  // Written in the background: a crash may lose a line of the log, but no record.
  const logger = pino({ level: config.logLevel }, destination({ sync: false }));
  const signatures = sharedCounter();
  const recordReads = sharedCounter();
  const damage = createDamageLog((fault) => logger.error({ fault }, 'the store is damaged'));

  const instance = await openInstance({
    dataDir,
    settings: config,
    clocks,
    acceptedDate,
    onClockChange: (doubt) =>
      doubt === null ? logger.info('the clock is trusted again') : logger.error({ doubt }, 'the clock is not trusted'),
    onFailure,
    onDamage: damage.report,
    onSigned: signatures.add,
    onRecordRead: recordReads.add,
  });
  opened.defer(instance.close);
  const { clock, keyring, store, tokens } = instance;
  opened.defer(watchForDamage({ check: store.check, report: damage.report }));
  if (clock.doubt() === null) {
    await ensureAdminToken({ file: join(dataDir, ADMIN_TOKEN), tokens, find: store.token, clock: clock.now });
  }

  const metrics = createMetrics();
  const events: Service['events'] = new EventEmitter();
  const wiring: Wiring = { config, dataDir, instance, damage, signatures, metrics, events, logger };
  const activation = await openPolicies(wiring, options.folder);
  opened.defer(activation.close);
  const disk = watchDiskSpace(dataDir);
  metrics.addGauge('countersign_store_faults', 'Known faults in the store', damage.count);
  metrics.addGauge('countersign_record_reads', 'Records read from the store since the start', recordReads.count);
  metrics.addGauge('countersign_disk_free_bytes', 'Free space for the data folder', disk.freeBytes);
  metrics.addGauge('countersign_signatures', 'Records signed since the start, committed or not', signatures.count);

  const caseParts = createCaseParts(wiring, activation);
  const cases = createCases(caseParts);
  const sweep = startSweep(wiring, activation, caseParts);
  opened.defer(sweep.stop);
  const closing = createCaseClosing({
    store,
    expire: cases.expire,
    clock: clock.now,
    onFailure: (failure) => logger.error(failure, 'an expired case could not be ended'),
  });
  opened.defer(closing.stop);
  closing.start();

  let isAnnounced = false;
  const isStopping = () => isAnnounced;
  const authenticators = { token: createBearerAuthenticator(tokens) };
  const parts = { ...caseParts, sentences: () => activation.pool().sentences };
  const timed: Route[] = [
    ...decisionRoutes(cases, parts),
    ...caseSearchRoutes({
      store,
      directory: () => activation.pool().directory,
      clock: clock.now,
      cursors: createCursors(deriveKey(instance.rowSecret, 'cursors')),
    }),
    ...caseRoutes(cases, parts),
    ...grantRoutes(cases, parts),
    ...tokenRoutes(tokens, store),
    ...policyRoutes(activation, sweep, authenticators.token.revalidate),
  ];
  const untimed: Route[] = operationRoutes({
    activation,
    jwks: keyring.jwks,
    checks: [
      { name: 'threads', isFine: () => activation.pool().isReady() },
      { name: 'store', isFine: oncePerSecond(store.probe) },
      { name: 'disk', isFine: disk.isFine },
      { name: 'damaged', isFine: damage.isFine },
      { name: 'file_handles', isFine: hasFileHandles },
      { name: 'clock', isFine: () => clock.doubt() === null },
    ],
    metrics,
    metricsOpen: config.metricsOpen,
    isStopping,
    openApi: () => createOpenApi(version),
  });

  const { clientLimits, connectionLimits: limits } = config;
  const connections = createConnections({ limits, onClosing: metrics.countClosing });
  const app = createApp({
    routes: [...timed.map((route) => requireClock(route, clock)), ...untimed],
    authenticators,
    isStopping,
    limits: clientLimits,
    onAuthenticated: connections.markKnown,
    metrics,
    logger,
  });
  const onError = (error: Error) => logger.warn({ err: error }, 'a connection could not be accepted');
  const resources = opened.move();
  return {
    listen: (address) => listen({ app, connections, limits, onError }, address),
    tokens,
    keyring,
    activation,
    store,
    clock,
    events,
    sweep,
    countSignatures: signatures.count,
    announceStop() {
      isAnnounced = true;
    },
    close: () => resources.disposeAsync(),
  };
}

/** What the parts below are made of. */
interface Wiring {
  config: Config;
  dataDir: string;
  instance: Instance;
  damage: DamageLog;
  signatures: SharedCounter;
  metrics: Metrics;
  events: Service['events'];
  logger: Logger;
}

/** Activates the bundle of the start, and logs this and every later activation. */
async function openPolicies(wiring: Wiring, folder: ServiceOptions['folder'] = null): Promise<Activation> {
  const { config, instance, logger, signatures } = wiring;
  const { issuer, bounds, listen, allowExample } = config;
  const { keyring, store, clock } = instance;
  const setup: DecisionWorkerSetup = { key: keyring.active, issuer: { issuer, version }, signatures: signatures.cell };
  const activation = await openActivation({
    source: config.bundle ?? BUNDLE_FILE,
    uploads: { keep: store.keepUpload, find: store.findUpload, forget: store.forgetUpload },
    folder,
    clock: clock.estimate,
    async load(bundle) {
      const loaded = await loadPolicy(bundle);
      refuseExample(loaded, { host: listen.host, allowExample });
      return loaded;
    },
    openPool: (source) =>
      openEvaluationPool({
        source,
        bounds,
        worker: { entry: workerUrl('./decision-worker', import.meta.url), setup },
        onThreadEnd: (why) => logger.warn({ why }, 'a worker was terminated'),
      }),
    onRefused: ({ origin, error, isBundleFault }) => {
      const refusal = { origin, error: error.message };
      if (isBundleFault) logger.error(refusal, 'bundle refused, the active policy has not changed');
      else logger.warn(refusal, 'bundle not activated, the active policy has not changed');
    },
  });
  activation.onActivated(({ ref, origin, remarks }) => {
    logger.info({ policy: ref, origin, remarks }, 'policy active');
    if (activation.pool().directory.isExample) logger.warn(EXAMPLE_WARNING);
  });
  return activation;
}

/** Decisions under way per thread: enough to have the next one ready when a thread has finished one. */
const TURNS_PER_THREAD = 8;

function createCaseParts(wiring: Wiring, activation: Activation): CaseParts {
  const { config, dataDir, instance, damage, metrics, events, logger } = wiring;
  const { clock, keyring, store, tokens } = instance;
  const { threads, maxWaiting } = config.bounds;
  const records = createRecordReader(store, keyring.verificationKeys, damage.report);
  return {
    pool: activation.pool,
    turns: createTurns({ width: threads * TURNS_PER_THREAD, maxWaiting, tasks: 'decisions' }),
    readCase: createCaseReader(store, records),
    records,
    store,
    idempotency: createIdempotency(store, openFingerprintSecret(join(dataDir, KEYS)), clock.now, clock.newestKept),
    revalidate: tokens.revalidate,
    clock: clock.now,
    newId: uuidv7,
    onFault: (fault) => logger.warn(fault, 'an evaluation failed'),
    onDecision: metrics.countDecision,
    onGrantEvent: (record) => events.emit('grantEvent', record),
  };
}

/** Sweeps now and after each activation of another bundle. */
function startSweep({ damage, logger }: Wiring, activation: Activation, caseParts: CaseParts): Sweep {
  const { store, clock } = caseParts;
  // What sweeps read is verified in the reader thread, and what they find is judged and sealed in workers.
  const records = createBackgroundRecordReader(store, damage.report);
  const parts = { ...caseParts, readCase: createCaseReader(store, records) };
  const sweep = createSweep({
    pool: activation.pool,
    store,
    redecide: (call) => redecide(parts, call),
    settled: async () => {
      await activation.retired();
      await store.probe();
    },
    clock,
    onFailure: (failure) => logger.error(failure, 'a sweep could not evaluate open cases or grants'),
  });
  sweepAfterActivations(sweep, activation.onActivated);
  return sweep;
}
