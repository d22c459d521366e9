import { EventEmitter } from 'node:events';
import { join, resolve } from 'node:path';
import { destination, pino } from 'pino';
import { v7 as uuidv7 } from 'uuid';
import { type Activation, openActivation } from './activation/activation.ts';
import { EXAMPLE_WARNING, refuseExample } from './activation/example-organisation.ts';
import type { WatchedFolderParts } from './activation/watched-folder.ts';
import type { AccessTokens } from './auth/access-tokens.ts';
import { ensureAdminToken } from './auth/admin-token.ts';
import { createBearerAuthenticator } from './auth/bearer.ts';
import { BUNDLE_FILE, version } from './base/installation.ts';
import { MACHINE_CLOCKS, type MachineClocks, type TrustedClock } from './base/trusted-clock.ts';
import { createTurns } from './base/turns.ts';
import { workerUrl } from './base/worker-url.ts';
import { createCaseClosing } from './cases/case-closing.ts';
import type { CaseParts } from './cases/case-parts.ts';
import { createCases } from './cases/cases.ts';
import { createIdempotency } from './cases/idempotency.ts';
import { redecide } from './cases/redecide.ts';
import { createSweep, type Sweep } from './cases/sweep.ts';
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
import { createMetrics } from './http/metrics.ts';
import type { Route } from './http/route.ts';
import { listen, type RunningServer } from './http/server.ts';
import { caseSearchRoutes } from './http/v1/case-search.ts';
import { caseRoutes } from './http/v1/cases.ts';
import { decisionRoutes } from './http/v1/decisions.ts';
import { grantRoutes } from './http/v1/grants.ts';
import { oncePerSecond, operationRoutes } from './http/v1/operations.ts';
import { policyRoutes } from './http/v1/policies.ts';
import { tokenRoutes } from './http/v1/tokens.ts';
import { openInstance } from './instance.ts';
import { ADMIN_TOKEN, KEYS } from './store/data-folder.ts';
import { createDamageWatch, type DamageWatch } from './store/sqlite/damage-watch.ts';
import { asFullDisk, watchDiskSpace } from './store/sqlite/disk-space.ts';
import { deriveKey } from './store/sqlite/row-mac.ts';
import type { Store } from './store/store.ts';

/** Decisions under way for each thread: as many as it takes to have the next one there when it is done with one. */
const TURNS_PER_THREAD = 8;

export interface ServiceOptions {
  /** Told once where the store can keep nothing more; only a new start helps. */
  onFailure?: (error: Error) => void;
  clocks?: MachineClocks;
  /** See TrustedClockParts. */
  acceptedDate?: string | null;
  /** A folder of policies that is built and activated as it is edited; null for none. */
  folder?: Omit<WatchedFolderParts, 'activate'> | null;
}

export interface Service {
  /** Answers HTTP calls. Rejects with AppError `config_invalid` where the address cannot be had. */
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

/** Wires the service on its data folder, without listening. Throws AppError for whatever keeps it from starting. */
export async function createService(config: Config, options: ServiceOptions = {}): Promise<Service> {
  const dataDir = resolve(config.dataDir);
  try {
    return await wireService(config, dataDir, options);
  } catch (error) {
    throw asFullDisk(error, dataDir);
  }
}

async function wireService(config: Config, dataDir: string, options: ServiceOptions): Promise<Service> {
  const { onFailure = () => {}, clocks = MACHINE_CLOCKS, acceptedDate = null, folder: watchedFolder = null } = options;
  await using opened = new AsyncDisposableStack(); // Threads and locks that must not outlive a failed start.
  // Written in the background: a line of the log may be lost in a crash, a record is not.
  const logger = pino({ level: config.logLevel }, destination({ sync: false }));
  const signatures = new SharedArrayBuffer(BigInt64Array.BYTES_PER_ELEMENT);
  const signatureCount = new BigInt64Array(signatures);
  const countSignatures = () => Number(Atomics.load(signatureCount, 0));
  let recordReads = 0;
  const instance = await openInstance({
    dataDir,
    settings: config,
    clocks,
    acceptedDate,
    onClockChange: (doubt) =>
      doubt === null ? logger.info('the clock is trusted again') : logger.error({ doubt }, 'the clock is not trusted'),
    onFailure,
    onDamage: (fault) => damage.report(fault),
    onSigned: () => Atomics.add(signatureCount, 0, 1n),
    onRecordRead: () => recordReads++,
  });
  opened.defer(instance.close);
  const { clock, keyring, rowSecret, store, tokens } = instance;
  const damage: DamageWatch = createDamageWatch({
    check: store.check,
    onFault: (fault) => logger.error({ fault }, 'the store is damaged'),
  });
  opened.defer(damage.stop);
  const disk = watchDiskSpace(dataDir);
  const fingerprintSecret = openFingerprintSecret(join(dataDir, KEYS));
  const records = createRecordReader(store, keyring.verificationKeys, damage.report);
  if (clock.doubt() === null) {
    await ensureAdminToken({ file: join(dataDir, ADMIN_TOKEN), tokens, find: store.token, clock: clock.now });
  }
  const activation = await openActivation({
    source: config.bundle ?? BUNDLE_FILE,
    uploads: { keep: store.keepUpload, find: store.findUpload, forget: store.forgetUpload },
    folder: watchedFolder,
    clock: clock.estimate,
    async load(bundle) {
      const loaded = await loadPolicy(bundle);
      refuseExample(loaded, { host: config.listen.host, allowExample: config.allowExample });
      return loaded;
    },
    openPool: (source) =>
      openEvaluationPool({
        source,
        bounds: config.bounds,
        worker: {
          entry: workerUrl('./decision-worker', import.meta.url),
          setup: {
            key: keyring.active,
            issuer: { issuer: config.issuer, version },
            signatures,
          } satisfies DecisionWorkerSetup,
        },
        onThreadEnd: (why) => logger.warn({ why }, 'a worker was ended'),
      }),
    onActivated: ({ ref, origin, remarks }) => {
      logger.info({ policy: ref, origin, remarks }, 'policy active');
      warnOfExample();
      if (sweep.status()?.policy !== ref.digest) sweep.start();
    },
    onRefused: ({ origin, error, isBundleFault }) => {
      const refusal = { origin, error: error.message };
      if (isBundleFault) logger.error(refusal, 'bundle refused, the active policy has not changed');
      else logger.warn(refusal, 'bundle not activated, the active policy has not changed');
    },
  });
  opened.defer(activation.close);
  const warnOfExample = () => {
    if (activation.pool().directory.isExample) logger.warn(EXAMPLE_WARNING);
  };
  warnOfExample();

  let stopping = false;
  const isStopping = () => stopping;
  const metrics = createMetrics();
  metrics.addGauge('countersign_store_faults', 'What is known to be damaged in the store', damage.count);
  metrics.addGauge(
    'countersign_signatures',
    'Records signed since the start, of which each is committed',
    countSignatures,
  );
  metrics.addGauge('countersign_record_reads', 'Records read from the store since the start', () => recordReads);
  metrics.addGauge('countersign_disk_free_bytes', 'Room left for the data folder', disk.freeBytes);
  const idempotency = createIdempotency(store, fingerprintSecret, clock.now, clock.newestKept);
  const events: Service['events'] = new EventEmitter();
  const caseParts: CaseParts = {
    pool: activation.pool,
    turns: createTurns({
      width: config.bounds.threads * TURNS_PER_THREAD,
      maxWaiting: config.bounds.maxWaiting,
      tasks: 'decisions',
    }),
    readCase: createCaseReader(store, records),
    records,
    store,
    idempotency,
    revalidate: tokens.revalidate,
    clock: clock.now,
    newId: uuidv7,
    onFault: (fault) => logger.warn(fault, 'an evaluation failed'),
    onDecision: metrics.countDecision,
    onGrantEvent: (record) => events.emit('grantEvent', record),
  };
  const cases = createCases(caseParts);
  // What sweeps read is verified in the reader thread, and what they find is judged and sealed in workers.
  const backgroundRecords = createBackgroundRecordReader(store, damage.report);
  const backgroundParts = { ...caseParts, readCase: createCaseReader(store, backgroundRecords) };
  const sweep: Sweep = createSweep({
    pool: activation.pool,
    store,
    redecide: (call) => redecide(backgroundParts, call),
    settled: async () => {
      await activation.retired();
      await store.probe();
    },
    clock: clock.now,
    onFailure: (failure) => logger.error(failure, 'a sweep could not judge open cases or grants again'),
  });
  opened.defer(sweep.stop);
  sweep.start();
  const closing = createCaseClosing({
    store,
    expire: cases.expire,
    clock: clock.now,
    onFailure: (failure) => logger.error(failure, 'a case whose time is over could not be ended'),
  });
  opened.defer(closing.stop);
  closing.start();
  const authenticators = { token: createBearerAuthenticator(tokens) };
  const sentences = () => activation.pool().sentences;
  const recordParts = { store, records, readCase: caseParts.readCase, clock: clock.now, sentences };
  const { metricsOpen, clientLimits, connectionLimits } = config;
  const timed: Route[] = [
    ...decisionRoutes(cases, recordParts),
    ...caseSearchRoutes({
      store,
      directory: () => activation.pool().directory,
      clock: clock.now,
      cursors: createCursors(deriveKey(rowSecret, 'cursors')),
    }),
    ...caseRoutes(cases, recordParts),
    ...grantRoutes(cases, recordParts),
    ...tokenRoutes(tokens, store),
    ...policyRoutes(activation, sweep, authenticators.token.revalidate),
  ];
  const routes: Route[] = [
    ...timed.map((route) => requireClock(route, clock)),
    ...operationRoutes({
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
      metricsOpen,
      isStopping,
      openApi: () => createOpenApi(version),
    }),
  ];
  const connections = createConnections({ limits: connectionLimits, onClosing: metrics.countClosing });
  const app = createApp({
    routes,
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
    listen: (address) => listen({ app, connections, limits: connectionLimits, onError }, address),
    tokens,
    keyring,
    activation,
    store,
    clock,
    events,
    sweep,
    countSignatures,
    announceStop: () => {
      stopping = true;
    },
    close: () => resources.disposeAsync(),
  };
}

/** Nothing is decided, kept or told of by a clock that is wrong, whether the call needs the time or not. */
function requireClock(route: Route, clock: TrustedClock): Route {
  return {
    ...route,
    handle(call) {
      clock.now();
      return route.handle(call);
    },
  };
}
