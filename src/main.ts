import { existsSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { readStartDirectory } from './activation/start-directory.ts';
import type { UploadedBundles } from './activation/uploaded-bundle.ts';
import { findTool, type ToolOptions } from './authoring/toolchain/tool.ts';
import { AppError } from './base/errors.ts';
import { BUNDLE_FILE, HOME, version } from './base/installation.ts';
import { MACHINE_CLOCKS } from './base/trusted-clock.ts';
import { greeting, reachable } from './cli/greeting.ts';
import { runProgram, type ServeOptions } from './cli/program.ts';
import { EXIT, processTerminal } from './cli/terminal.ts';
import { ownTokens, type TokenAdmin } from './cli/token-admin.ts';
import {
  type Config,
  readAccess,
  readConfig,
  readDataSettings,
  readInstanceSettings,
  readToolSettings,
} from './config.ts';
import { readRowSecret } from './evidence/keys.ts';
import { isInstance, openInstance } from './instance.ts';
import { createService, type Service } from './service.ts';
import { ADMIN_TOKEN, DATABASE, KEYS, readServiceUrl, removeServiceUrl, writeServiceUrl } from './store/data-folder.ts';
import { findUploadIn } from './store/sqlite/bundle-rows.ts';
import { FolderInUse } from './store/sqlite/ownership.ts';

const EXAMPLE_REQUEST = join(HOME, 'examples', 'issue-api-key', 'allow-sandbox-key', 'request.json');

/** Whether output was lost. The command then fails: its exit code must not be trusted without the output. */
let isLost = false;
const terminal = processTerminal(() => {
  isLost = true;
  process.exitCode = EXIT.fault;
});

/** Runs the service until a signal, then answers and keeps everything that has begun, and returns. */
async function serve(config: Config, { watch, acceptedDate }: ServeOptions): Promise<void> {
  if (watch !== null) requireFolder(watch);
  process.umask(0o077); // Records hold names of persons: files in the data folder are private to their owner.
  const opa = watch === null ? '' : await findTool('opa', { onProgress: terminal.err, ...toolOptionsOf(config) });
  const service = await createService(config, {
    acceptedDate,
    folder: watch === null ? null : { policiesDir: watch, opa, report: terminal.err },
    onFailure: (error) => {
      terminal.err(`The store failed and the service stops: ${error.message}`);
      process.exit(EXIT.fault);
    },
  });
  const server = await service.listen(config.listen).catch(async (error) => {
    await service.close(); // Its threads would keep the process alive.
    throw error;
  });
  const stopped = new Promise<void>((stop) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stop());
  });
  await Promise.race([service.activation.ready, stopped]);
  const dataDir = resolve(config.dataDir);
  writeServiceUrl(dataDir, reachable(server.url));
  greet(server.url, dataDir, service);
  process.on('SIGHUP', () => {
    service.activation
      .reload()
      .catch((error: Error) => terminal.err(`The active policy has not changed. ${error.message}`));
  });
  await stopped;
  service.announceStop();
  await server.drain();
  removeServiceUrl(dataDir);
  await service.close();
}

/** Throws AppError `config_invalid`. */
function requireFolder(policiesDir: string): void {
  if (statSync(policiesDir, { throwIfNoEntry: false })?.isDirectory()) return;
  throw new AppError(
    'config_invalid',
    `--policies ${policiesDir} is not a folder. Name the folder of policies to watch.`,
  );
}

function toolOptionsOf({ opa, cacheDir }: Pick<Config, 'opa' | 'cacheDir'>): ToolOptions {
  return { opa: opa ?? undefined, cacheDir, env: process.env };
}

/** Goes to standard error, apart from the log. */
function greet(url: string, dataDir: string, { activation, keyring, clock }: Service): void {
  const { ref, origin } = activation.status();
  const { directory, kinds } = activation.pool();
  terminal.err(
    greeting({
      version,
      url,
      policy: { source: origin.source, revision: ref.revision },
      kinds,
      isExample: directory.isExample,
      keysDir: join(dataDir, KEYS),
      activeKid: keyring.active.kid,
      tokenFile: join(dataDir, ADMIN_TOKEN),
      exampleRequest: EXAMPLE_REQUEST,
      clockDoubt: clock.doubt(),
    }),
  );
}

/** Only the service creates its data folder: a token in a folder that no service reads would look like a valid token. */
function existing(folder: string): string {
  if (existsSync(folder)) return folder;
  throw new AppError('config_invalid', `There is no ${folder}. Start the service once, or set COUNTERSIGN_DATA_DIR.`);
}

/** The tokens of the data folder, for one command; null while the service, or another command, works on it. */
async function openFolderTokens(settings: ReturnType<typeof readInstanceSettings>): Promise<TokenAdmin | null> {
  const dataDir = existing(resolve(settings.dataDir));
  if (!isInstance(dataDir))
    throw new AppError('config_invalid', `No service was started on ${dataDir} yet. Start it once.`);
  process.umask(0o077);
  try {
    const { tokens, close } = await openInstance({
      dataDir,
      settings,
      clocks: MACHINE_CLOCKS,
      acceptedDate: null,
      onClockChange: () => {},
      onFailure: (error) => {
        terminal.err(`The store failed: ${error.message}`);
        process.exit(EXIT.fault);
      },
      onDamage: (fault) => terminal.err(`The store is damaged: ${fault}`),
    });
    return ownTokens(tokens, close);
  } catch (error) {
    if (error instanceof FolderInUse) return null;
    throw error;
  }
}

/** The uploads of a data folder, whether a service runs on it or not. */
function uploadsIn(dataDir: string): Pick<UploadedBundles, 'find'> {
  const database = join(dataDir, DATABASE);
  const secretOf = () => readRowSecret(join(dataDir, KEYS));
  return {
    find: async (configured) => (existsSync(database) ? findUploadIn(database, secretOf(), configured) : null),
  };
}

async function main(): Promise<void> {
  const { env } = process;
  const code = await runProgram(process.argv.slice(2), {
    version,
    terminal,
    clock: () => new Date(),
    serve: (options) => serve({ ...readConfig(env), allowExample: options.allowExample }, options),
    tokens: {
      folder: () => openFolderTokens(readInstanceSettings(env)),
      folderUrl: () => readServiceUrl(resolve(readDataSettings(env).dataDir)),
    },
    people: () => {
      const { dataDir, bundle } = readDataSettings(env);
      return readStartDirectory(bundle ?? BUNDLE_FILE, uploadsIn(resolve(dataDir)));
    },
    access: () => readAccess(env),
    store: {
      dataDir: () => readDataSettings(env).dataDir,
      filesOf: (dir) => ({
        dataDir: existing(resolve(dir)),
        database: join(resolve(dir), DATABASE),
        keysDir: join(resolve(dir), KEYS),
      }),
    },
    policies: {
      policiesDir: join(HOME, 'policies'),
      bundleFile: BUNDLE_FILE,
      pagesDir: join(HOME, 'docs', 'policies'),
      toolOptions: toolOptionsOf(readToolSettings(env)),
    },
  });
  process.exitCode = isLost ? EXIT.fault : code;
}

await main();
