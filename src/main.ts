#!/usr/bin/env node
import { mkdirSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import type { Express } from 'express';
import { pino } from 'pino';
import { v7 as uuidv7 } from 'uuid';
import { runProgram } from './cli/program.ts';
import { EXIT, type Terminal } from './cli/terminal.ts';
import { type Config, readConfig } from './config.ts';
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
import { listen } from './http/server.ts';
import { ensureAdminToken, openTokenRegistry, type TokenRegistry } from './integrations/tokens.ts';
import { readBundle } from './policy/bundle.ts';
import { openPolicy, type Policy } from './policy/policy.ts';

/** The folder that holds package.json, bundles/, policies/ and tools/: the same distance from src/ and from dist/. */
const HOME = fileURLToPath(new URL('..', import.meta.url));
const BUNDLE_FILE = join(HOME, 'bundles', 'default.tar.gz');
const KEYS = 'keys';
const TOKENS = 'tokens';
const ADMIN_TOKEN = 'admin.token';
const MAX_BUNDLE_BYTES = 64 * 1024 * 1024;
const { version } = JSON.parse(readFileSync(join(HOME, 'package.json'), 'utf8')) as { version: string };
const clock = () => new Date();

const terminal: Terminal = {
  out: (line) => void process.stdout.write(`${line}\n`),
  err: (line) => void process.stderr.write(`${line}\n`),
  stdin: () => text(process.stdin),
};

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
export async function createService(config: Config): Promise<Service> {
  const dataDir = resolve(config.dataDir);
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const logger = pino({ level: config.logLevel });
  const policy = await openPolicy(await readBundle(await readBundleBytes(config.bundle ?? BUNDLE_FILE)));
  const since = clock().toISOString();
  const ownership = ownFolder(dataDir);
  const signer = openSigner(join(dataDir, KEYS), config.signingAlg, clock);
  const registry = openTokenRegistry(join(dataDir, TOKENS), clock);
  ensureAdminToken(registry, join(dataDir, ADMIN_TOKEN));
  const store = await openSqliteStore(join(dataDir, 'countersign.db'));

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

/** Runs the service, and returns after a signal when everything under way was answered and kept. */
async function serve(config: Config): Promise<void> {
  const service = await createService(config);
  const server = await listen(service.app, config.listen);
  greet(server.url, resolve(config.dataDir), config.bundle ?? BUNDLE_FILE, service);
  await new Promise<void>((stop) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stop());
  });
  service.announceStop();
  await server.drain();
  await service.close();
}

/** Says on standard error, apart from the log, where everything is and what to try first. */
function greet(url: string, dataDir: string, bundle: string, { policy, signer }: Service): void {
  const request = join(HOME, 'examples', 'issue-api-key', 'allow-sandbox-key', 'request.json');
  const tokenFile = join(dataDir, ADMIN_TOKEN);
  terminal.err(`Countersign ${version} listens on ${url}
  policy        ${bundle} (revision ${policy.ref.revision})
  signing keys  ${join(dataDir, KEYS)} (active: ${signer.kid})
  admin token   ${tokenFile}

Ask for a decision:

  curl -s ${url}/v1/decisions -H 'Content-Type: application/json' \\
    -H "Authorization: Bearer $(cat '${tokenFile}')" -d @'${request}'
`);
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

async function main(): Promise<void> {
  const config = readConfig(process.env);
  process.exitCode = await runProgram(process.argv.slice(2), {
    version,
    terminal,
    clock,
    serve: () => serve(config),
    registry: () => openTokenRegistry(join(resolve(config.dataDir), TOKENS), clock),
    client: { url: config.url, tokenFile: config.tokenFile },
    policies: {
      policiesDir: join(HOME, 'policies'),
      bundleFile: BUNDLE_FILE,
      toolOptions: { opa: config.opa ?? undefined, cacheDir: config.cacheDir, env: process.env },
    },
  });
}

if (import.meta.main) {
  await main().catch((error: Error) => {
    terminal.err(error.message);
    process.exitCode = EXIT.fault;
  });
}
