import { existsSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { readStartDirectory } from './activation/start-directory.ts';
import { openTokenRegistry } from './auth/tokens.ts';
import { findTool, type ToolOptions } from './authoring/toolchain/tool.ts';
import { AppError } from './base/errors.ts';
import { runProgram, type ServeOptions } from './cli/program.ts';
import { EXIT, processTerminal } from './cli/terminal.ts';
import { type Config, readAccess, readConfig, readDataSettings, readToolSettings } from './config.ts';
import { ADMIN_TOKEN, DATABASE, KEYS, POLICY, TOKENS } from './data-folder.ts';
import { BUNDLE_FILE, createService, EXAMPLE_ORGANISATION, HOME, type Service, version } from './service.ts';

const EXAMPLE_REQUEST = join('examples', 'issue-api-key', 'allow-sandbox-key', 'request.json');

/** What a command wrote and what did not get through: its exit code would be believed without it. */
let isLost = false;
const terminal = processTerminal(() => {
  isLost = true;
  process.exitCode = EXIT.fault;
});

/** Runs the service, and returns after a signal when everything under way was answered and kept. */
async function serve(config: Config, { watch, acceptedDate }: ServeOptions): Promise<void> {
  if (watch !== null) requireFolder(watch);
  process.umask(0o077); // Records hold names: whatever is made in the data folder is for its owner alone.
  const opa = watch === null ? '' : await findTool('opa', { onProgress: terminal.err, ...toolOptionsOf(config) });
  const service = await createService(config, {
    acceptedDate,
    folder: watch === null ? null : { policiesDir: watch, opa, report: terminal.err },
    onFailure: (error) => {
      terminal.err(`The store failed, and nothing can be kept: ${error.message}`);
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
  greet(server.url, resolve(config.dataDir), service);
  process.on('SIGHUP', () => {
    service.activation
      .reload()
      .catch((error: Error) => terminal.err(`The active policy has not changed. ${error.message}`));
  });
  await stopped;
  service.announceStop();
  await server.drain();
  await service.close();
}

/** Throws AppError `config_invalid`. */
function requireFolder(policiesDir: string): void {
  if (statSync(policiesDir, { throwIfNoEntry: false })?.isDirectory()) return;
  throw new AppError(
    'config_invalid',
    `--policies ${policiesDir} is not a folder; name the folder of policies to watch.`,
  );
}

function toolOptionsOf({ opa, cacheDir }: Pick<Config, 'opa' | 'cacheDir'>): ToolOptions {
  return { opa: opa ?? undefined, cacheDir, env: process.env };
}

/** Says on standard error, apart from the log, where everything is and what to try first. */
function greet(url: string, dataDir: string, { activation, keyring, clock }: Service): void {
  const { ref, origin } = activation.status();
  const { directory, kinds } = activation.pool();
  const tokenFile = join(dataDir, ADMIN_TOKEN);
  const reachable = url.replace('//0.0.0.0:', '//127.0.0.1:').replace('//[::]:', '//[::1]:');
  // What the example organisation would allow means nothing to another one.
  const request = directory.isExample ? join(HOME, EXAMPLE_REQUEST) : 'request.json';
  const about = directory.isExample
    ? 'Ask for a decision:'
    : `Ask for a decision, with a request of your own in request.json (${kinds.join(', ')}; see docs/deciding.md):`;
  terminal.err(`Countersign ${version} listens on ${url}
  policy        ${origin.source} (revision ${ref.revision})
  signing keys  ${join(dataDir, KEYS)} (active: ${keyring.active.kid})
  admin token   ${tokenFile}
${directory.isExample ? `\n${EXAMPLE_ORGANISATION}\n` : ''}
${about}

  curl -s '${reachable}/v1/decisions' -H 'Content-Type: application/json' \\
    -H "Authorization: Bearer $(cat '${tokenFile}')" -d @'${request}'; echo
`);
  const doubt = clock.doubt();
  if (doubt !== null) terminal.err(`Calls are answered 503 for now. ${doubt}`);
}

/** Only the service makes its data folder: a token in a folder that nobody reads would look like a token that works. */
function existing(folder: string): string {
  if (existsSync(folder)) return folder;
  throw new AppError('config_invalid', `There is no ${folder}; start the service once, or set COUNTERSIGN_DATA_DIR.`);
}

async function main(): Promise<void> {
  const { env } = process;
  const code = await runProgram(process.argv.slice(2), {
    version,
    terminal,
    clock: () => new Date(),
    serve: (options) => serve({ ...readConfig(env), allowExample: options.allowExample }, options),
    registry: () => {
      const { dataDir } = readDataSettings(env);
      return openTokenRegistry({
        dir: existing(join(resolve(dataDir), TOKENS)),
        clock: () => new Date(),
        onBadEntry: (file, why) => terminal.err(`${file} lets nobody in: ${why}.`),
      });
    },
    people: () => {
      const { dataDir, bundle } = readDataSettings(env);
      return readStartDirectory(bundle ?? BUNDLE_FILE, join(resolve(dataDir), POLICY));
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
